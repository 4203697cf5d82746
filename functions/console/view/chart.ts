import { html } from "hono/html";
import type { Html } from "./text.ts";

/** One line or area of a chart. */
interface Series {
  /** What it is, and its colour in the style sheet. */
  readonly name: string;
  readonly kind: "area" | "line";
  /** Oldest first; undefined where nothing is known, which leaves a gap. */
  readonly values: readonly (number | undefined)[];
  /** For the legend. */
  readonly now: string;
}

/** What a chart shows. */
export interface Chart {
  readonly title: string;
  /** The whole in a sentence, for who does not see it. */
  readonly summary: string;
  /** The last is drawn on top. */
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** At both ends of the time axis. */
  readonly from: string;
  readonly to: string;
}

/** A chart as a figure: the picture has no text in it, so that it can be stretched to any width. */
export function chart({ title, summary, series, format, from, to }: Chart): Html {
  const top = niceCeiling(Math.max(0, ...series.flatMap(({ values }) => values.map(known))));
  return html`<figure class="chart">
    <figcaption>
      <span class="chart-title">${title}</span>
      ${series.map(
        ({ name, now }) =>
          html`<span class="key key-${slug(name)}">${name} <strong>${now}</strong></span>`,
      )}
    </figcaption>
    <div class="plot">
      <span class="axis-top" aria-hidden="true">${format(top)}</span>
      <svg
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        preserveAspectRatio="none"
        role="img"
        aria-label="${summary}"
      >
        <path class="grid" d="M0 ${HEIGHT / 2}H${WIDTH}M0 0H${WIDTH}" />
        ${series.map(({ name, kind, values }) => {
          const runs = runsOf(values, top);
          return html`${kind === "area" && html`<path class="area ${slug(name)}" d="${runs.map(areaPath).join("")}" />`}
            <path class="line ${slug(name)}" d="${runs.map(linePath).join("")}" />`;
        })}
        <path class="axis" d="M0 ${HEIGHT}H${WIDTH}" />
      </svg>
      <span class="axis-from" aria-hidden="true">${from}</span>
      <span class="axis-to" aria-hidden="true">${to}</span>
    </div>
  </figure>`;
}

const WIDTH = 480;
const HEIGHT = 100;

type Point = readonly [x: number, y: number];

/** The points of each stretch without a gap. */
function runsOf(
  values: readonly (number | undefined)[],
  top: number,
): readonly (readonly Point[])[] {
  const runs: Point[][] = [];
  let open: Point[] | undefined;
  for (const [index, value] of values.entries()) {
    if (value === undefined) {
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = [];
      runs.push(open);
    }
    const x = values.length === 1 ? WIDTH : (index / (values.length - 1)) * WIDTH;
    open.push([round(x), round(HEIGHT - (value / top) * HEIGHT)]);
  }
  return runs;
}

function linePath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const end = rest.length === 0 ? "h2" : rest.map(([x, y]) => `L${x} ${y}`).join(""); // one point alone has no length
  return first === undefined ? "" : `M${first[0]} ${first[1]}${end}`;
}

function areaPath(points: readonly Point[]): string {
  const [first, last] = [points[0], points.at(-1)];
  return first === undefined || last === undefined
    ? ""
    : `M${first[0]} ${HEIGHT}${points.map(([x, y]) => `L${x} ${y}`).join("")}L${last[0]} ${HEIGHT}Z`;
}

function known(value: number | undefined): number {
  return value ?? 0;
}

/** The next of 1, 2, 4, 6, 8 and 10 times a power of ten: half of it is a number to read too. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  const factor = [2, 4, 6, 8, 10].find((candidate) => candidate * power >= value) ?? 10;
  return value <= power ? power : factor * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function slug(name: string): string {
  return name.replaceAll(" ", "-");
}
