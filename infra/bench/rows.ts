import type { Finding } from "../../test/bench/results.ts";
import type { Row } from "./bars.ts";
import { SHELVES, type Panel } from "./panels.ts";

/** The bars of a panel, in the order in which they were found. */
export function rowsOf(
  { of, unit }: Pick<Panel, "of" | "unit">,
  findings: readonly Finding[],
): readonly Row[] {
  return findings.flatMap(({ figures, bar }) =>
    bar?.panel === of
      ? [
          {
            label: bar.label,
            of: bar.of,
            limit: bar.limit,
            ...(unit === "×" ? ratio(figures) : time(figures)),
          },
        ]
      : [],
  );
}

/** What a panel's figures are, and what is promised of them. */
export function noteOf({ note, unit }: Panel, rows: readonly Row[]): string {
  const limits = new Set(rows.flatMap(({ limit }) => limit ?? []));
  return [note, ...[...limits].map((limit) => `promised: at most ${limit} ${unit}`)].join("; ");
}

/** All that is in the picture, in words. */
export function describe(findings: readonly Finding[]): string {
  const sentences = SHELVES.flat().flatMap((panel) => {
    const rows = rowsOf(panel, findings);
    const told = rows.map(({ label, texts }) => `${label}: ${texts.join(", ")}`).join("; ");
    return rows.length === 0 ? [] : [`${panel.title} (${noteOf(panel, rows)}). ${told}.`];
  });
  return sentences.join("\n");
}

type Figures = Finding["figures"];

function ratio(figures: Figures): Pick<Row, "value" | "range" | "texts"> {
  const value = figure(figures, "ratioMedian");
  return {
    value,
    range: { min: figure(figures, "ratioMin"), max: figure(figures, "ratioMax") },
    texts: [`${value.toFixed(2)} ×`, duration(figure(figures, "medianMs"))],
  };
}

function time(figures: Figures): Pick<Row, "value" | "texts"> {
  const value = figure(figures, "cpuMs");
  return { value, texts: [`${value.toFixed(1)} ms`] };
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function figure(figures: Figures, name: string): number {
  const value = figures[name];
  if (value === undefined) {
    throw new Error(`a bar without ${name}`);
  }
  return value;
}
