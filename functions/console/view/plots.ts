import { html } from "hono/html";
import type { Sample } from "../samples.ts";
import { chart } from "./chart.ts";
import { bytes, counted, duration, type Html } from "./text.ts";

/** Backlog and conversions over time, from the samples of this process. */
export function plots(samples: readonly Sample[]): Html {
  const columns = fold(samples);
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) {
    return html`<p class="quiet">No samples yet.</p>`;
  }
  const span = (last.at - first.at) / 1000;
  const axis = { from: span < 1 ? "" : `${duration(span)} ago`, to: "now" };
  const backlog = (part: "waiting" | "inFlight" | "dead") =>
    columns.map((sample) => sample.backlog?.[part]);
  const present = (part: "waiting" | "inFlight" | "dead") =>
    last.backlog === undefined ? "?" : String(last.backlog[part]);
  const most = Math.max(0, ...backlog("waiting").map((value) => value ?? 0));
  const over = span < 1 ? "" : ` in the last ${duration(span)}`;
  const fastest = Math.max(0, ...columns.map(({ bytesPerSecond }) => bytesPerSecond));
  return html`<div class="charts">
    ${chart({
      title: "Backlog",
      summary: `Backlog: ${present("waiting")} waiting now, at most ${most}${over}; ${present("inFlight")} in work, ${present("dead")} dead letters`,
      series: [
        { name: "waiting", kind: "area", values: backlog("waiting"), now: present("waiting") },
        { name: "in work", kind: "line", values: backlog("inFlight"), now: present("inFlight") },
        { name: "dead", kind: "line", values: backlog("dead"), now: present("dead") },
      ],
      format: (value) => String(value),
      ...axis,
    })}
    ${chart({
      title: "Conversions",
      summary: `Conversions: ${counted(last.converting, "image")} at ${bytes(last.bytesPerSecond)} a second now, at most ${bytes(fastest)} a second${over}`,
      series: [
        {
          name: "speed",
          kind: "area",
          values: columns.map(({ bytesPerSecond }) => bytesPerSecond / MIB),
          now: `${bytes(last.bytesPerSecond)}/s`,
        },
      ],
      format: (value) => `${value} MiB/s`,
      ...axis,
    })}
  </div>`;
}

const MIB = 2 ** 20;

const COLUMNS = 240; // two points of the screen each

/** At most so many columns, each with the highest of its samples, so that no peak is lost. */
function fold(samples: readonly Sample[]): readonly Sample[] {
  const size = Math.ceil(samples.length / COLUMNS);
  const columns: Sample[] = [];
  for (let start = 0; start < samples.length; start += size) {
    columns.push(samples.slice(start, start + size).reduce(higher));
  }
  return columns;
}

function higher(one: Sample, other: Sample): Sample {
  const [a, b] = [one.backlog, other.backlog];
  return {
    at: one.at,
    backlog:
      a === undefined || b === undefined
        ? undefined // an outage is shown as one, however short
        : {
            waiting: Math.max(a.waiting, b.waiting),
            inFlight: Math.max(a.inFlight, b.inFlight),
            dead: Math.max(a.dead, b.dead),
          },
    converting: Math.max(one.converting, other.converting),
    bytesPerSecond: Math.max(one.bytesPerSecond, other.bytesPerSecond),
  };
}
