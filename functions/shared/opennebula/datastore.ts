import { readAttributes } from "./attributes.ts";
import type { Datastore } from "./opennebula.ts";
import { child, children, integerOf, parseXml, textOf } from "./xml.ts";

/** Reads what `one.datastorepool.info` answers. @throws Error when it is not a datastore pool */
export function parseDatastorePool(xml: string): readonly Datastore[] {
  return children(parseXml(xml, "DATASTORE_POOL"), "DATASTORE").map((node) => ({
    id: integerOf(node, "ID"),
    name: textOf(node, "NAME"),
    type: TYPES[integerOf(node, "TYPE")] ?? "UNKNOWN",
    freeMb: integerOf(node, "FREE_MB"),
    driver: child(node, "DS_MAD")?.text.trim() ?? "",
    basePath: child(node, "BASE_PATH")?.text.trim() ?? "",
    attributes: readAttributes(node),
  }));
}

/** Datastore.h of OpenNebula. */
const TYPES = ["IMAGE", "SYSTEM", "FILE", "BACKUP"] as const;
