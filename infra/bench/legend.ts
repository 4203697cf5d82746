import { element, textAt } from "./svg.ts";

/** What the marks mean, in one line whose baseline is y = 0. */
export function drawLegend(): string {
  const entries = [
    { text: "ours", width: 70, mark: swatch("ours") },
    { text: "others", width: 80, mark: swatch("theirs") },
    { text: "floor: what nobody can do without", width: 250, mark: swatch("floor") },
    {
      text: "lowest to highest",
      width: 145,
      mark: element("path", { d: "M0 -4H16M0 -8v8M16 -8v8", class: "whisker" }),
    },
    {
      text: "promised at most",
      width: 0,
      mark: element("line", { x1: 8, x2: 8, y1: -13, y2: 4, class: "limit" }),
    },
  ];
  let x = 0;
  return entries
    .map(({ text, width, mark }) => {
      const entry = element(
        "g",
        { transform: `translate(${x} 0)` },
        mark + textAt({ x: 22, y: 0 }, text, "note"),
      );
      x += width;
      return entry;
    })
    .join("\n");
}

function swatch(className: string): string {
  return element("rect", { x: 0, y: -10, width: 16, height: 12, class: className });
}
