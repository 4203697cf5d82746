import { execa } from "execa";
import { createSite } from "../fakes/site.ts";
import { spread, timed } from "./measure.ts";
import { progress } from "./progress.ts";
import type { Finding } from "./results.ts";

/** What a command takes until it has answered, beside a Node.js that does nothing; in turn, so that noise meets all. Measured on the bundle. */
export async function* benchStart(): AsyncGenerator<Finding> {
  const site = await createSite();
  try {
    const rows = ROWS.map((row) => ({ ...row, times: new Array<number>() }));
    for (let round = 0; round <= ROUNDS; round += 1) {
      progress(round === 0 ? "warming up" : `round ${round} of ${ROUNDS}`);
      for (const { args, times } of rows) {
        const time = await timed(() => execa("node", args, { env: { ...site.env } }));
        if (round > 0) {
          times.push(time);
        }
      }
    }
    const floor = spread(rows[0]?.times ?? []);
    for (const { what, promise, times } of rows) {
      const { min, median, max } = spread(times);
      const ratio = median / floor.median;
      yield {
        what,
        value: `${median.toFixed(0)} ms (${min.toFixed(0)}-${max.toFixed(0)})`,
        comparedWith: [
          `${ratio.toFixed(2)} x node -e 0, ${(min / floor.min).toFixed(2)} x at best`,
          ...(promise === undefined ? [] : [`promised: at most ${promise} ms`]),
        ].join("; "),
        figures: { medianMs: median, minMs: min, ratio },
      };
    }
  } finally {
    await site.close();
  }
}

const ROUNDS = 20;
const COMMAND = "dist/vmcatcher-one.js";

interface Row {
  readonly what: string;
  readonly args: readonly string[];
  /** Milliseconds on an idle machine. */
  readonly promise?: number;
}

/** The first is what the others are compared with. */
const ROWS: readonly Row[] = [
  { what: "node -e 0", args: ["-e", "0"] },
  { what: "start-up: --version", args: [COMMAND, "--version"], promise: 120 },
  { what: "start-up: --help", args: [COMMAND, "--help"] },
  { what: "start-up: status of an idle site", args: [COMMAND, "status"], promise: 200 },
];
