import { marks } from "./axis.ts";
import { element, textAt } from "./svg.ts";

/** One horizontal bar. */
export interface Row {
  readonly label: string;
  readonly of: "ours" | "theirs" | "floor";
  readonly value: number;
  /** The whisker's ends. */
  readonly range?: { readonly min: number; readonly max: number };
  /** A thin line at what is promised at most. */
  readonly limit?: number | undefined;
  /** Beside the bar, in columns. */
  readonly texts: readonly string[];
}

/** Where the parts of a panel lie, in pixels from its left edge. */
export interface Columns {
  readonly barsFrom: number;
  readonly barsTo: number;
  /** Right edges of the columns of text. */
  readonly texts: readonly number[];
}

/**
 * Draws bars one below the other, labels left, values right.
 * @param most the value to which the axis reaches at least
 * @returns the markup, whose first line lies at y = 0, and its height
 */
export function drawBars(
  rows: readonly Row[],
  { barsFrom, barsTo, texts }: Columns,
  most: number,
  markText: (mark: number) => string,
): { readonly markup: string; readonly height: number } {
  const scale = marks(most);
  const xOf = (value: number) => barsFrom + (value / (scale.at(-1) ?? 1)) * (barsTo - barsFrom);
  const bottom = rows.length * ROW_HEIGHT;
  const grid = scale.flatMap((mark) => {
    const x = xOf(mark);
    return [
      element("line", { x1: x, x2: x, y1: 0, y2: bottom + 2, class: "grid" }),
      textAt({ x, y: bottom + MARK_HEIGHT - 4 }, markText(mark), "mark"),
    ];
  });
  const bars = rows.flatMap(({ label, of, value, range, limit, texts: columns }, index) => {
    const top = index * ROW_HEIGHT;
    const middle = top + ROW_HEIGHT / 2;
    const baseline = middle + 4.5;
    const length = Math.max(MIN_LENGTH, xOf(value) - barsFrom);
    const bar = { x: barsFrom, y: middle - BAR_HEIGHT / 2, width: length, height: BAR_HEIGHT };
    return [
      textAt({ x: 0, y: baseline }, label),
      element("rect", { ...bar, class: of }),
      ...(range === undefined ? [] : [whisker(xOf(range.min), xOf(range.max), middle)]),
      ...(limit === undefined ? [] : [limitLine(xOf(limit), top)]),
      ...columns.map((text, column) =>
        textAt({ x: texts[column] ?? 0, y: baseline }, text, column === 0 ? "value" : "value more"),
      ),
    ];
  });
  return { markup: [...grid, ...bars].join("\n"), height: bottom + MARK_HEIGHT };
}

const ROW_HEIGHT = 22;
const BAR_HEIGHT = 12;
const MARK_HEIGHT = 18;
/** A bar of less could not be seen. */
const MIN_LENGTH = 1;

function whisker(from: number, to: number, y: number): string {
  const ends = [from, to].map((x) => `M${x.toFixed(1)} ${y - 4}v8`).join("");
  return element("path", {
    d: `M${from.toFixed(1)} ${y}H${to.toFixed(1)}${ends}`,
    class: "whisker",
  });
}

function limitLine(x: number, top: number): string {
  return element("line", { x1: x, x2: x, y1: top, y2: top + ROW_HEIGHT, class: "limit" });
}
