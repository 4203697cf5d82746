import { html } from "hono/html";
import type { IdentifierOverview } from "../../shared/overview/identifier-overview.ts";
import { imageAddress } from "../query.ts";
import type { Seen } from "../shared-view.ts";
import { stalePart } from "./stale.ts";
import { ago, bytes, duration, foreign, type Html } from "./text.ts";

/** What is being worked on: conversions with their progress, and what OpenNebula is busy with. */
export function work(seen: Seen): Html {
  const { conversions, identifiers } = seen;
  const converting = conversions.value ?? [];
  const jobs = new Set(converting.map(({ jobId }) => jobId));
  const rows = [
    ...converting.map((its) => ({ ...its, job: its.jobId, since: its.startedAt })),
    ...(identifiers.value ?? []).flatMap(({ identifier, title, inFlight }) =>
      inFlight
        .filter(({ job }) => !jobs.has(job))
        .map((its) => ({ ...its, identifier, title, bytes: undefined })),
    ),
  ];
  return html`<section id="work" aria-labelledby="work-title">
    <h2 id="work-title">In work</h2>
    ${stalePart("The staging directory", conversions, seen.at)}
    ${
      rows.length === 0
        ? html`<p class="quiet">Nothing.</p>`
        : html`<ul class="jobs">
            ${rows.map((row) => html`<li id="job-${row.job}">${job(row, seen.at)}</li>`)}
          </ul>`
    }
  </section>`;
}

type Row = Pick<IdentifierOverview, "identifier" | "title"> &
  IdentifierOverview["inFlight"][number] & { readonly bytes?: number | undefined };

function job({ identifier, title, step, percent, since, ...its }: Row, now: string): Html {
  const facts = [
    its.bytes === undefined ? undefined : bytes(its.bytes),
    its.bytesPerSecond === undefined ? undefined : `${bytes(its.bytesPerSecond)}/s`,
    its.secondsLeft === undefined ? undefined : `${duration(its.secondsLeft)} left`,
  ].filter((fact) => fact !== undefined);
  return html`<div class="job-head">
      <a href="${imageAddress(identifier)}">${foreign(title ?? identifier)}</a>
      <span class="job-percent">${percent === undefined ? "" : `${percent.toFixed(0)} %`}</span>
    </div>
    ${percent !== undefined && html`<progress max="100" value="${percent.toFixed(1)}" aria-label="Progress"></progress>`}
    <div class="job-facts">
      <span>${foreign(step)}</span>
      ${facts.map((fact) => html`<span>${fact}</span>`)}
      ${since !== undefined && html`<span>began ${ago(since, now)}</span>`}
    </div>`;
}
