import { DISABLE, EXPIRY_UNKNOWN_SINCE, STALE_SINCE, STATE } from "../shared/lineage/attributes.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import { deadLetterTable } from "./dead-letter-table.ts";
import type { Status } from "./status.ts";
import { table } from "./table.ts";

/** `status` for a person. */
export function statusText(status: Status): string {
  return [
    section("SPOOL", spoolLines(status)),
    section("QUEUES", queueLines(status)),
    section("CONVERSIONS", conversionLines(status)),
    section("DEAD LETTERS", deadLetterLines(status)),
    section("IMAGES", imageLines(status)),
  ].join("\n");
}

function section(title: string, lines: string): string {
  return `${title}\n${lines === "" ? "  none\n" : lines}`;
}

function spoolLines({ spool }: Status): string {
  if ("error" in spool) {
    return unavailable(spool.error);
  }
  const bad = spool.bad.map(({ name, reason }) => [name, reason]);
  return `  ${spool.waiting} waiting, ${bad.length} bad\n${bad.length === 0 ? "" : table(["BAD ENTRY", "REASON"], bad)}`;
}

function queueLines({ queues }: Status): string {
  if ("error" in queues) {
    return unavailable(queues.error);
  }
  const rows = queues.map((queue) => [
    queue.name,
    String(queue.waiting),
    String(queue.inFlight),
    String(queue.dead),
  ]);
  return table(["FUNCTION", "WAITING", "IN FLIGHT", "DEAD"], rows);
}

function conversionLines({ conversions }: Status): string {
  const rows = conversions.map((progress) => [
    progress.identifier,
    `${progress.percent.toFixed(1)} %`,
    progress.startedAt,
    progress.updatedAt,
  ]);
  return rows.length === 0 ? "" : table(["IDENTIFIER", "DONE", "SINCE", "SEEN"], rows);
}

function deadLetterLines({ queues }: Status): string {
  if ("error" in queues) {
    return unavailable(queues.error);
  }
  return deadLetterTable(
    queues.flatMap(({ name, deadLetters }) =>
      deadLetters.map((letter) => ({ ...letter, function: name })),
    ),
  );
}

function imageLines({ identifiers }: Status): string {
  if ("error" in identifiers) {
    return unavailable(identifiers.error);
  }
  return imageTable([...identifiers.values()].flat());
}

/** Images as `oneimage list` shows them, with what vmcatcher-one knows. Empty for none. */
export function imageTable(images: readonly Image[]): string {
  const rows = images.map((image) => [
    String(image.id),
    image.uname,
    image.gname,
    image.name,
    image.datastore,
    `${image.sizeMb}M`,
    image.mode,
    image.state,
    String(image.runningVms),
    image.attributes.get(STATE) ?? "",
    noteOf(image),
  ]);
  const header = [
    "ID",
    "USER",
    "GROUP",
    "NAME",
    "DATASTORE",
    "SIZE",
    "MODE",
    "STAT",
    "RVMS",
    "VERSION",
    "NOTE",
  ];
  return rows.length === 0 ? "" : table(header, rows);
}

function noteOf(image: Image): string {
  const stale = image.attributes.get(STALE_SINCE);
  const unknown = image.attributes.get(EXPIRY_UNKNOWN_SINCE);
  return [
    image.attributes.get(DISABLE) === "pending" ? "to be disabled when free" : undefined,
    // A note outlives the version that it was written for; on a retired one it says nothing any more.
    stale !== undefined && image.attributes.get(STATE) === "live"
      ? `a newer version is due since ${stale}`
      : undefined,
    unknown !== undefined && image.attributes.get(STATE) === "live"
      ? `kept: subscription unknown since ${unknown}`
      : undefined,
  ]
    .filter((note) => note !== undefined)
    .join("; ");
}

function unavailable(error: string): string {
  return `  not available: ${error}\n`;
}
