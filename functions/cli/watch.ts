import type { Clock } from "../shared/time/clock.ts";
import type { Overview } from "../shared/overview/overview.ts";

/** What watching takes. */
export interface WatchOptions {
  readonly look: (signal: AbortSignal) => Promise<Overview>;
  /** The overview for a person; undefined for JSON, one line for each look. */
  readonly show: ((overview: Overview) => string) | undefined;
  readonly intervalMs: number;
  readonly clock: Pick<Clock, "sleep">;
  readonly output: {
    write(text: string): unknown;
    readonly isTTY?: boolean;
    readonly rows?: number;
    readonly columns?: number;
  };
}

/** Looks again and again until `stop`: a terminal is drawn anew each time, anything else gets one snapshot after the other. */
export async function watch(options: WatchOptions, stop: AbortSignal): Promise<void> {
  const { look, show, intervalMs, clock, output } = options;
  while (!stop.aborted) {
    const overview = await look(stop);
    if (stop.aborted) {
      return; // what the abort has cut short is not worth showing
    }
    if (show === undefined) {
      output.write(`${JSON.stringify(overview)}\n`);
    } else if (output.isTTY === true) {
      const text = `${overview.at}  every ${intervalMs / 1000} s, ^C ends\n\n${show(overview)}`;
      output.write(`${HOME}${cut(text, output)}${CLEAR_BELOW}`);
    } else {
      output.write(`${overview.at}\n\n${show(overview)}\n`);
    }
    await clock.sleep(intervalMs, stop).catch(() => undefined); // only the stop ends it early
  }
}

// Drawn over, not cleared first: that would flicker.
const HOME = "\u001b[H";
const CLEAR_LINE_END = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

/** What fits: a longer text would scroll, and the next one could not be drawn over it. */
function cut(text: string, { rows = 24, columns = 80 }: WatchOptions["output"]): string {
  const lines = text.trimEnd().split("\n");
  const told =
    lines.length < rows
      ? lines
      : [...lines.slice(0, rows - 2), `… ${lines.length - rows + 2} more lines: without --watch`];
  return told.map((line) => `${line.slice(0, columns)}${CLEAR_LINE_END}\n`).join("");
}
