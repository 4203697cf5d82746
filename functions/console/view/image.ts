import { html } from "hono/html";
import type { IdentifierOverview } from "../../shared/overview/identifier-overview.ts";
import type { Seen } from "../shared-view.ts";
import { standingOf } from "../standing.ts";
import { letter } from "./dead-letters.ts";
import { pill } from "./images.ts";
import { stagesOf, type Stage } from "./lineage.ts";
import { lineagePicture } from "./lineage-picture.ts";
import { stalePart } from "./stale.ts";
import { bytes, dateTime, foreign, type Html } from "./text.ts";

/** All that is known of one identifier. */
export function image(seen: Seen, identifier: string, formToken: string | undefined): Html {
  const its = seen.identifiers.value?.find((other) => other.identifier === identifier);
  return html`<p class="back"><a href="./">← All images</a></p>
    ${stalePart("OpenNebula", seen.identifiers, seen.at)}
    ${
      its === undefined
        ? html`<h2>${foreign(identifier)}</h2>
            <p>OpenNebula holds no image of it, and nothing is under way.</p>`
        : known(its, seen.at, formToken)
    }`;
}

function known(its: IdentifierOverview, now: string, formToken: string | undefined): Html {
  const { identifier, title, deadLetters, notes, inFlight, endorsed } = its;
  return html`<section id="image" aria-labelledby="image-title">
      <h2 id="image-title">${foreign(title ?? identifier, 300)} ${pill(standingOf(its))}</h2>
      <dl class="facts">
        ${fact("Identifier", html`<code>${foreign(identifier)}</code>`)}
        ${fact("VO", its.vo !== undefined && foreign(its.vo))}
        ${fact("Endorsed by vmcatcher", endorsed)}
        ${fact("Endorsement ends", its.expires !== undefined && foreign(its.expires, 40))}
        ${fact("Under way", inFlight.length > 0 && inFlight.map(({ step, percent }) => html`${foreign(step)}${percent !== undefined && ` ${percent.toFixed(0)} %`} `))}
      </dl>
      ${
        notes.length > 0 &&
        html`<ul class="notes">
          ${notes.map(({ text }) => html`<li>${foreign(text, 300)}</li>`)}
        </ul>`
      }
      ${
        deadLetters.length > 0 &&
        html`<ul class="letters">
          ${deadLetters.map((one) => html`<li id="letter-${one.id}">${letter(one, { title, formToken, now })}</li>`)}
        </ul>`
      }
    </section>
    ${stagesOf(its).length > 0 && lineage(its, now)}`;
}

function fact(name: string, value: unknown): Html | false {
  return (
    value !== false &&
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`
  );
}

function lineage(its: IdentifierOverview, now: string): Html {
  return html`<section aria-labelledby="lineage-title">
    <h2 id="lineage-title">Lineage</h2>
    ${lineagePicture(its, now)}
    <div class="scroll" tabindex="0" role="group" aria-label="Versions">
      <table>
        <thead>
          <tr>
            ${COLUMNS.map((name) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${stagesOf(its).toReversed().map(version)}
        </tbody>
      </table>
    </div>
  </section>`;
}

const COLUMNS = ["Version", "Image", "Standing", "Registered", "Until", "State", "Owner", "Mode", "VMs", "Size", "Name"]; // prettier-ignore

function version({ image: its, became, until }: Stage): Html {
  return html`<tr>
    <th scope="row">${its.version === undefined ? "–" : foreign(its.version, 24)}</th>
    <td class="number">${its.id}</td>
    <td><span class="bead ${became}">${became === "unknown" ? "retired" : became}</span></td>
    <td>${dateTime(its.registeredAt)}</td>
    <td>${until === undefined ? "" : dateTime(new Date(until).toISOString())}</td>
    <td>${its.state}</td>
    <td>${foreign(its.owner, 24)}:${foreign(its.group, 24)}</td>
    <td>${its.mode}</td>
    <td class="number">${its.runningVms}</td>
    <td class="number">${bytes(its.sizeMb * 2 ** 20)}</td>
    <td>${foreign(its.name)}</td>
  </tr>`;
}
