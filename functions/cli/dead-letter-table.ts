import type { DeadLetter } from "../shared/queue/queue.ts";
import { table } from "./table.ts";

/** Dead letters with the function that gave them up; empty for none. */
export function deadLetterTable(
  letters: readonly (DeadLetter & { readonly function: string })[],
): string {
  const rows = letters.map((letter) => [
    letter.messageId,
    letter.function,
    letter.group,
    letter.reason?.time ?? "",
    letter.reason === undefined
      ? "received too often without an answer"
      : `${letter.reason.code}: ${letter.reason.text}`,
  ]);
  return rows.length === 0 ? "" : table(["ID", "FUNCTION", "IDENTIFIER", "SINCE", "REASON"], rows);
}
