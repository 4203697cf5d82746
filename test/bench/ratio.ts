import type { Cost } from "./convert/go.ts";
import { spread } from "./measure.ts";
import type { Rounds } from "./rounds.ts";
import type { Bar, Finding } from "./results.ts";

/** A way beside another one. */
export interface Comparison {
  readonly what: string;
  /** The way whose time is 1. */
  readonly yardstick: string;
  readonly promise?: string;
  /** The way whose runs these are; by default it has runs of its own. */
  readonly runs?: string;
  /** Without a label of its own it is called as the way is. */
  readonly bar?: Omit<Bar, "label"> & { readonly label?: string };
}

/** How a way's time and processor time stand to those of its yardstick in the same round. @param subject begins the line */
export function ratioOf(
  subject: string,
  { what, yardstick, promise, runs = what, bar }: Comparison,
  rounds: Rounds,
): Finding {
  const own = rounds.get(runs) ?? [];
  const ones = rounds.get(yardstick) ?? [];
  const ratio = (of: (cost: Cost) => number) =>
    spread(own.map((cost, round) => of(cost) / of(ones[round] ?? cost)));
  const wall = ratio(({ wallMs }) => wallMs);
  const cpu = ratio(({ cpuMs }) => Math.max(1, cpuMs));
  const [first] = own;
  const wallMs = spread(own.map((cost) => cost.wallMs));
  const peakMib = Math.max(...own.map(({ peakBytes }) => peakBytes)) / MIB;
  const writtenMib = (first?.writtenBytes ?? 0) / MIB;
  const resultMib = (first?.resultBytes ?? 0) / MIB;
  return {
    what: `${subject}: ${what}`,
    value: `${wall.median.toFixed(2)} x (${wall.min.toFixed(2)}-${wall.max.toFixed(2)})`,
    comparedWith: [
      `${wallMs.median.toFixed(0)} ms`,
      `processor ${cpu.median.toFixed(2)} x`,
      `${peakMib.toFixed(0)} MiB at most`,
      `${writtenMib.toFixed(0)} MiB written for ${resultMib.toFixed(0)}`,
      ...(promise === undefined ? [] : [`promised: ${promise}`]),
    ].join(", "),
    figures: {
      ratioMin: wall.min,
      ratioMedian: wall.median,
      ratioMax: wall.max,
      medianMs: wallMs.median,
      cpuRatioMedian: cpu.median,
      peakMib,
      writtenMib,
      resultMib,
    },
    bar: bar && { label: what, ...bar },
  };
}

const MIB = 2 ** 20;
