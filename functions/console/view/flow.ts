import { html } from "hono/html";
import type { Sample } from "../samples.ts";
import type { Seen } from "../shared-view.ts";
import { plots } from "./plots.ts";
import { stalePart } from "./stale.ts";
import { counted, duration, type Html } from "./text.ts";

/** The chain from the spool to the last queue, with what lies where, and how that was in the past. */
export function flow(seen: Seen, samples: readonly Sample[]): Html {
  const { spool, queues } = seen;
  return html`<section id="flow" aria-labelledby="flow-title">
    <h2 id="flow-title">Flow</h2>
    ${stalePart("The spool", spool, seen.at)}${stalePart("The queue", queues, seen.at)}
    <ol class="chain" id="chain">
      ${
        spool.value !== undefined &&
        stop({
          name: "spool",
          waiting: spool.value.waiting,
          inFlight: undefined,
          bad: spool.value.bad.length === 0 ? "" : `${spool.value.bad.length} bad`,
          oldestAgeSeconds:
            spool.value.oldest === undefined
              ? undefined
              : (Date.parse(seen.at) - Date.parse(spool.value.oldest)) / 1000,
        })
      }
      ${(queues.value ?? []).map(({ name, waiting, inFlight, dead, oldestAgeSeconds }) =>
        stop({ name, waiting, inFlight, bad: dead === 0 ? "" : `${dead} dead`, oldestAgeSeconds }),
      )}
    </ol>
    ${plots(samples)}
  </section>`;
}

function stop(its: {
  readonly name: string;
  readonly waiting: number;
  readonly inFlight: number | undefined;
  readonly bad: string;
  readonly oldestAgeSeconds: number | undefined;
}): Html {
  const { name, waiting, inFlight = 0, bad, oldestAgeSeconds } = its;
  const busy = waiting + inFlight > 0;
  const told = [
    ...(waiting > 0
      ? [its.inFlight === undefined ? counted(waiting, "event") : `${waiting} waiting`]
      : []),
    ...(inFlight > 0 ? [`${inFlight} in work`] : []),
    ...(busy && oldestAgeSeconds !== undefined ? [`oldest ${duration(oldestAgeSeconds)}`] : []),
  ];
  return html`<li class="${busy ? "busy" : "idle"}">
    <span class="stop-name">${name}</span>
    ${busy ? told.map((text) => html`<span class="stop-count">${text}</span>`) : html`<span class="stop-count">empty</span>`}
    ${bad !== "" && html`<span class="stop-bad">${bad}</span>`}
  </li>`;
}
