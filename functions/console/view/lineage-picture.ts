import { html } from "hono/html";
import type { IdentifierOverview } from "../../shared/overview/identifier-overview.ts";
import { stagesOf, type Stage } from "./lineage.ts";
import { counted, printable, type Html } from "./text.ts";

/**
 * The life of an image: each version a bar over time, one below the other, from its registration until the next took its place.
 * The texts stand beside the picture, which can so be stretched to any width.
 */
export function lineagePicture(its: IdentifierOverview, now: string): Html {
  const stages = stagesOf(its).slice(-LANES);
  const began = stages.map(({ image }) => Date.parse(image.registeredAt));
  const [from, to] = [Math.min(...began), Date.parse(now)];
  const x = (at: number) => Math.round(((at - from) / Math.max(1, to - from)) * WIDTH);
  const lanes = stages.map((stage, index) => {
    const start = Math.min(x(began[index] ?? to), WIDTH - THINNEST);
    const end = Math.max(x(Math.min(stage.until ?? to, to)), start + THINNEST);
    return { became: stage.became, start, end, y: index * LANE };
  });
  const height = stages.length * LANE;
  return html`<div class="lineage">
    <ol aria-hidden="true">
      ${stages.map((stage) => html`<li>${labelOf(stage)}</li>`)}
    </ol>
    <svg
      viewBox="0 0 ${WIDTH} ${height}"
      height="${height}"
      preserveAspectRatio="none"
      role="img"
      aria-label="Lifetimes of ${counted(stages.length, "version")}; the table below has them in words"
    >
      ${lanes.map(({ became, start, end, y }, index) => {
        const next = lanes[index + 1];
        return html`<path class="track" d="M0 ${y + 13}H${WIDTH}" />
          ${next !== undefined && became !== "live" && html`<path class="link" d="M${next.start} ${y + 13}V${next.y + 13}" />`}
          <rect class="${became}" x="${start}" y="${y + 5}" width="${end - start}" height="16" />`;
      })}
    </svg>
    <div class="ends" aria-hidden="true">
      <span>${new Date(from).toISOString().slice(0, 10)}</span><span>now</span>
    </div>
  </div>`;
}

const WIDTH = 1000;
const LANE = 26; // as high as a line of the labels in the style sheet
const THINNEST = 6; // what lived for a moment only is seen too
const LANES = 40; // the table below has all

function labelOf({ image: { id, version } }: Stage): string {
  return version === undefined ? `image ${id}` : printable(version, 18);
}
