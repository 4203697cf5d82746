import type { IdentifierOverview } from "../shared/overview/identifier-overview.ts";
import type { ImageOverview } from "../shared/overview/image-overview.ts";
import { age } from "./units.ts";

/** The columns of `statusRows`. */
export const STATUS_HEADER = [
  "NAME",
  "ID",
  "IS",
  "OWNER",
  "GROUP",
  "MODE",
  "STATE",
  "VMS",
  "VERSION",
  "AGE",
  "LIST",
] as const;

/** The images of an identifier: the live one, those being made, and the newest of those that were live before. */
export function statusRows(
  { identifier, live, pending, versions, ...its }: IdentifierOverview,
  now: string,
): readonly (readonly string[])[] {
  const told = versions.slice(0, VERSIONS_TOLD);
  const hidden = versions.length - told.length;
  const row = (image: ImageOverview, is: string, since: string | undefined, list = "") => [
    image.name,
    String(image.id),
    is,
    image.owner,
    image.group,
    image.mode,
    image.state,
    String(image.runningVms),
    image.version ?? "",
    age(since ?? image.registeredAt, now),
    list,
  ];
  return [
    live === undefined
      ? [identifier, "", "no live image"]
      : row(live, "live", live.eventTime, agreement(its)),
    ...pending.map((image) => row(image, "pending", image.eventTime)),
    ...told.map((image) => row(image, BECAME[image.became], image.retiredAt)),
    ...(hidden === 0 ? [] : [[`${identifier}: ${hidden} older, see history`]]),
  ];
}

const VERSIONS_TOLD = 2;

const BECAME = { superseded: "superseded", expired: "expired", unknown: "old" } as const;

const NOT_LISTED = { awaited: "awaited", no: "not endorsed", unknown: "" } as const;

/** What vmcatcher says of the live image. */
function agreement({
  endorsed,
  current,
}: Pick<IdentifierOverview, "endorsed" | "current">): string {
  if (endorsed !== "yes") {
    return NOT_LISTED[endorsed];
  }
  return current === true ? "current" : "newer listed";
}
