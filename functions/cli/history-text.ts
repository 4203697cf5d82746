import type { IdentifierOverview } from "../shared/overview/identifier-overview.ts";
import type { ImageOverview, VersionOverview } from "../shared/overview/image-overview.ts";
import { deadLetterTable } from "./dead-letter-table.ts";
import { printable } from "../shared/log/printable.ts";
import { inFlightTable } from "./status-text.ts";
import { table } from "./table.ts";

/** `history` for a person. @param now ISO 8601 */
export function historyText(identifier: IdentifierOverview, now: string): string {
  const { live, pending, versions, notes, deadLetters } = identifier;
  const rows = [
    ...pending.map((image) => row(image, "pending")),
    ...(live === undefined ? [] : [row(live, "live")]),
    ...versions.map((image) => row(image, image.became, image)),
  ];
  const header = ["ID", "IS", "VERSION", "OWNER", "GROUP", "MODE", "STATE", "VMS"];
  const times = ["REGISTERED", "EVENT", "RETIRED BY", "SHA512", "NAME"];
  return [
    `${printable([identifier.identifier, identifier.title ?? "", identifier.vo ?? ""].join("  ").trim())}\n`,
    section("VERSIONS", table([...header, ...times], rows)),
    section("IN FLIGHT", inFlightTable([identifier], now)),
    section("DEAD LETTERS", deadLetterTable(deadLetters)),
    section(
      "NOTES",
      table(
        ["CODE", "NOTE"],
        notes.map(({ code, text }) => [code, text]),
      ),
    ),
  ].join("\n");
}

function row(image: ImageOverview, is: string, retired?: VersionOverview): readonly string[] {
  const by = retired?.supersededByImage;
  return [
    String(image.id),
    is,
    image.version ?? "",
    image.owner,
    image.group,
    image.mode,
    image.state,
    String(image.runningVms),
    image.registeredAt,
    image.eventTime ?? "",
    by === undefined ? (retired?.retiredByJob ?? "") : `image ${by}`,
    image.sha512?.slice(0, SHA512_SHOWN) ?? "",
    image.name,
  ];
}

const SHA512_SHOWN = 12; // enough to tell versions apart; --json has it whole

function section(title: string, lines: string): string {
  return `${title}\n${lines === "" ? "  none\n" : lines}`;
}
