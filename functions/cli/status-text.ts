import type { IdentifierOverview } from "../shared/overview/identifier-overview.ts";
import type { Overview } from "../shared/overview/overview.ts";
import { isUnavailable, type Unavailable } from "../shared/overview/unavailable.ts";
import { deadLetterTable } from "./dead-letter-table.ts";
import { printable } from "../shared/log/printable.ts";
import { statusRows, STATUS_HEADER } from "./status-rows.ts";
import { table } from "./table.ts";
import { age, duration, rate } from "./units.ts";

/** `status` for a person. */
export function statusText(overview: Overview): string {
  const { spool, queues, identifiers } = overview;
  return [
    section("SPOOL", spool, spoolLines),
    section("QUEUES", queues, (them) =>
      table(
        ["FUNCTION", "WAITING", "IN FLIGHT", "DEAD", "OLDEST"],
        them.map(({ name, waiting, inFlight, dead, oldestAgeSeconds: oldest }) => [
          ...[name, waiting, inFlight, dead].map(String),
          oldest === undefined ? "" : duration(oldest),
        ]),
      ),
    ),
    workLines(overview),
    section("DEAD LETTERS", queues, (them) =>
      deadLetterTable(them.flatMap(({ deadLetters }) => deadLetters)),
    ),
    section("IMAGES", identifiers, (them) =>
      table(
        STATUS_HEADER,
        them.flatMap((identifier) => statusRows(identifier, overview.at)),
      ),
    ),
    section("NOTES", identifiers, noteLines),
  ].join("\n");
}

/** Conversions are files of this host: they are told even when OpenNebula, which knows the rest of the work, is away. */
function workLines({ conversions, identifiers, at }: Overview): string {
  if (!isUnavailable(identifiers)) {
    return section("IN FLIGHT", identifiers, (them) => inFlightTable(them, at));
  }
  return section("CONVERSIONS", conversions, (them) =>
    inFlightTable(
      them.map(({ identifier, jobId: job, startedAt: since, ...its }) => ({
        identifier,
        inFlight: [{ job, since, ...its }],
      })),
      at,
    ),
  );
}

/** Work under way, one row for each job; empty for none. */
export function inFlightTable(
  identifiers: readonly Pick<IdentifierOverview, "identifier" | "inFlight">[],
  now: string,
): string {
  const rows = identifiers.flatMap(({ identifier, inFlight }) =>
    inFlight.map((work) => [
      identifier,
      work.function ?? "",
      work.step,
      work.percent === undefined ? "" : `${work.percent.toFixed(1)} %`,
      rate(work.bytesPerSecond),
      work.secondsLeft === undefined ? "" : duration(work.secondsLeft),
      age(work.since, now),
      work.attempts === undefined ? "" : String(work.attempts),
      work.job,
    ]),
  );
  return table(
    ["IDENTIFIER", "FUNCTION", "STEP", "DONE", "RATE", "LEFT", "AGE", "TRIES", "JOB"],
    rows,
  );
}

function section<Part extends object>(
  title: string,
  part: Part | Unavailable,
  linesOf: (part: Part) => string,
): string {
  const lines = isUnavailable(part) ? `  not available: ${printable(part.error)}\n` : linesOf(part);
  return `${title}\n${lines === "" ? "  none\n" : lines}`;
}

function spoolLines({ waiting, oldest, bad }: Exclude<Overview["spool"], Unavailable>): string {
  const since = oldest === undefined ? "" : ` since ${oldest}`;
  const rows = bad.map(({ name, reason }) => [name, reason]);
  return `  ${waiting} waiting${since}, ${bad.length} bad\n${table(["BAD ENTRY", "REASON"], rows)}`;
}

function noteLines(identifiers: readonly IdentifierOverview[]): string {
  return table(
    ["IDENTIFIER", "NOTE"],
    identifiers.flatMap(({ identifier, notes }) => notes.map(({ text }) => [identifier, text])),
  );
}
