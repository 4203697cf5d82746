import { machineText } from "../../test/bench/machine.ts";
import type { Results } from "../../test/bench/results.ts";
import { drawBars } from "./bars.ts";
import { drawLegend } from "./legend.ts";
import { MARGIN, SHELVES, WIDTH } from "./panels.ts";
import { describe, noteOf, rowsOf } from "./rows.ts";
import { STYLE } from "./style.ts";
import { element, escaped, textAt } from "./svg.ts";

/** Draws what a run of the bench has found, as an SVG. A panel that it has nothing for is left out. */
export function drawResults({ machine, mib, findings }: Results): string {
  const parts: string[] = [];
  let y = HEAD_HEIGHT;
  for (const shelf of SHELVES) {
    const panels = shelf
      .map((panel) => ({ panel, rows: rowsOf(panel, findings) }))
      .filter(({ rows }) => rows.length > 0);
    const values = panels.flatMap(({ rows }) => rows);
    const most = Math.max(
      ...values.map(({ value, range, limit = 0 }) => Math.max(range?.max ?? value, limit)),
    );
    const heights = panels.map(({ panel, rows }) => {
      const { columns, unit } = panel;
      const bars = drawBars(rows, columns, most, (mark) => `${mark} ${unit}`);
      parts.push(at(panel.x, y, headed(panel.title, noteOf(panel, rows), bars.markup)));
      return TITLE_HEIGHT + bars.height;
    });
    y += Math.max(0, ...heights);
  }
  const size = { width: WIDTH, height: y + MARGIN };
  const head = [
    textAt({ x: 0, y: 34 }, "How fast it is", "heading"),
    textAt({ x: 0, y: 56 }, machineText(machine), "note"),
    textAt(
      { x: 0, y: 74 },
      `${mib.toLocaleString("en")} MiB of content in a disk; median of five rounds, all ways in turn`,
      "note",
    ),
    at(0, 102, drawLegend()),
  ];
  const content = [
    element("title", { id: "title" }, "How fast vmcatcher-one is"),
    element("desc", { id: "desc" }, escaped(describe(findings))),
    element("style", {}, STYLE),
    element("rect", { ...size, class: "ground" }),
    at(MARGIN, 0, head.join("\n")),
    ...parts,
  ];
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${size.width} ${size.height}`,
    ...size,
    role: "img",
    "aria-labelledby": "title desc",
  };
  return `${element("svg", attributes, `\n${content.join("\n")}\n`)}\n`;
}

const HEAD_HEIGHT = 106;
const TITLE_HEIGHT = 54;

function headed(title: string, note: string, bars: string): string {
  return [
    textAt({ x: 0, y: 28 }, title, "title"),
    textAt({ x: 0, y: 45 }, note, "note"),
    at(0, TITLE_HEIGHT, bars),
  ].join("\n");
}

function at(x: number, y: number, markup: string): string {
  return element("g", { transform: `translate(${x} ${y})` }, markup);
}
