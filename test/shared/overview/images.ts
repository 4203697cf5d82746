import type { Image } from "../../../functions/shared/opennebula/opennebula.ts";

/** An image of vmcatcher. @param attributes without the `VMCATCHER_ONE_` of their names */
export function imageOf(
  changes: Partial<Image>,
  attributes: Readonly<Record<string, string>> = {},
  identifier = "U",
): Image {
  const own = Object.entries(attributes).map(([name, value]): [string, string] => [
    `VMCATCHER_ONE_${name}`,
    value,
  ]);
  return {
    id: 7,
    name: identifier,
    uid: 2,
    gid: 100,
    uname: "alice",
    gname: "vo",
    mode: "640",
    state: "READY",
    datastoreId: 1,
    datastore: "default",
    sizeMb: 4,
    source: "",
    runningVms: 2,
    registeredAt: 0,
    ...changes,
    attributes: new Map([["VMCATCHER_EVENT_DC_IDENTIFIER", identifier], ...own]),
  };
}
