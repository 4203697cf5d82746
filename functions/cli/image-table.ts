import { DISABLE, EXPIRY_UNKNOWN_SINCE, STALE_SINCE, STATE } from "../shared/lineage/attributes.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import { table } from "./table.ts";

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
    image.attributes.get(DISABLE) === "pending" && image.state !== "ERROR"
      ? "to be disabled when free"
      : undefined,
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
