import { html } from "hono/html";
import type { IdentifierOverview } from "../../shared/overview/identifier-overview.ts";
import type { ImageOverview } from "../../shared/overview/image-overview.ts";
import { addressOf, imageAddress, type Query } from "../query.ts";
import type { Seen } from "../shared-view.ts";
import { byStanding, type Standing } from "../standing.ts";
import { lineageBeads } from "./lineage.ts";
import { stalePart } from "./stale.ts";
import { ago, counted, foreign, type Html } from "./text.ts";

/** The images of vmcatcher, those in trouble first, filtered and cut as the query says. */
export function images({ identifiers, at }: Seen, { q, all }: Query): Html {
  const every = byStanding(identifiers.value ?? []);
  const words = q.toLowerCase().split(/\s+/);
  const found = q === "" ? every : every.filter((its) => matches(its, words));
  const shown = all ? found : found.slice(0, SHOWN);
  return html`<section id="images" aria-labelledby="images-title">
    <h2 id="images-title">Images <span class="count">${every.length}</span></h2>
    <form class="filter" role="search" action="./" method="get">
      <label for="q">Filter</label>
      <input id="q" name="q" type="search" value="${q}" autocomplete="off" spellcheck="false" />
      <button>Filter</button>
    </form>
    ${stalePart("OpenNebula", identifiers, at)}
    <p class="quiet" id="found" role="status">${foundText(found.length, every.length, q)}</p>
    <div class="columns-of-images" aria-hidden="true">
      <span>Image</span><span>Standing</span><span>Versions</span><span>Live version</span
      ><span>Registered</span><span>Owner:group mode</span><span>In use</span>
    </div>
    <ul class="images">
      ${shown.map((its) => row(its, at))}
    </ul>
    ${
      shown.length < found.length &&
      html`<p>
        <a href="${addressOf({ q, all: true, image: undefined })}#images"
          >Show all ${found.length}</a
        >
      </p>`
    }
  </section>`;
}

const SHOWN = 200;

function foundText(found: number, every: number, q: string): string {
  if (every === 0) {
    return "None that vmcatcher has announced.";
  }
  return q === "" ? "" : `${found} of ${every} match.`;
}

/** Every word occurs in something that people know an image by. */
function matches(its: IdentifierOverview & { standing: Standing }, words: readonly string[]) {
  const { identifier, title = "", vo = "", live, standing } = its;
  const text = [identifier, title, vo, live?.version, live?.owner, live?.group, live?.id, standing]
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

function row(its: IdentifierOverview & { readonly standing: Standing }, now: string): Html {
  const { identifier, title, live, standing, vo } = its;
  return html`<li id="image-${identifier}">
    <div class="name">
      <a href="${imageAddress(identifier)}">${foreign(title ?? identifier)}</a>
      ${vo !== undefined && html`<span class="vo">${foreign(vo, 40)}</span>`}
      <span class="identifier">${foreign(identifier)}</span>
    </div>
    ${pill(standing)}${lineageBeads(its)}${live !== undefined && liveFacts(live, now)}
    ${remarks(its)}
  </li>`;
}

function liveFacts(live: ImageOverview, now: string): Html {
  const { version, registeredAt, owner, group, mode, runningVms } = live;
  return html`<span class="version">${version !== undefined && foreign(version, 24)}</span>
    <span class="age">${ago(registeredAt, now)}</span>
    <span class="rights">${foreign(owner, 24)}:${foreign(group, 24)} ${mode}</span>
    <span class="vms">${runningVms > 0 && counted(runningVms, "VM")}</span>`;
}

/** How an identifier is doing, in a word that has a colour and a shape. */
export function pill(standing: Standing): Html {
  return html`<span class="pill ${standing}">${WORDS[standing]}</span>`;
}

const WORDS: Readonly<Record<Standing, string>> = {
  trouble: "trouble",
  attention: "check",
  working: "in work",
  live: "live",
  retired: "retired",
};

function remarks({ deadLetters, inFlight, notes }: IdentifierOverview): Html | false {
  const lines = [
    ...deadLetters.map(
      ({ code, function: step }) =>
        html`<li>dead letter of ${step}: <code>${foreign(code)}</code></li>`,
    ),
    ...notes.map(({ text }) => html`<li>${foreign(text, 200)}</li>`),
    ...inFlight.map(
      ({ step, percent }) =>
        html`<li>${foreign(step)}${percent !== undefined && ` ${percent.toFixed(0)} %`}</li>`,
    ),
  ];
  return (
    lines.length > 0 &&
    html`<ul class="remarks">
      ${lines}
    </ul>`
  );
}
