import type { Log } from "../log/log.ts";
import type { Outcome } from "./outcome.ts";

/** Writes the one line that every delivery ends with: info = it is over, warn = it comes again, error = a person must act. */
export function reportOutcome(log: Log, outcome: Outcome, milliseconds: number): void {
  const facts = { outcome: outcome.kind, milliseconds };
  switch (outcome.kind) {
    case "ok":
      return log.info(facts, "done");
    case "released":
      return log.info(facts, "given back to the queue: the program is stopping");
    case "retry":
      return log.warn(
        { ...facts, delaySeconds: outcome.afterSeconds, error: outcome.text },
        "failed, will be retried",
      );
    case "lease_lost":
      return log.warn({ ...facts, error: outcome.text }, "let go of, will be delivered again");
    case "start_over":
      return log.warn({ ...facts, error: outcome.text }, "sent back to the first step");
    case "dead":
      return log.error(
        { ...facts, code: outcome.code, error: outcome.text, facts: outcome.facts },
        "given up, moved to the dead letters",
      );
  }
}
