import type { DeadLetterOverview } from "../shared/overview/queue-overview.ts";
import { table } from "./table.ts";

/** Dead letters with the function that gave them up; empty for none. */
export function deadLetterTable(letters: readonly DeadLetterOverview[]): string {
  return table(
    ["ID", "FUNCTION", "IDENTIFIER", "SINCE", "REASON"],
    letters.map((letter) => [
      letter.id,
      letter.function,
      letter.identifier,
      letter.time ?? "",
      `${letter.code}: ${letter.text}`,
    ]),
  );
}
