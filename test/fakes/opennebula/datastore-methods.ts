import type { Call } from "./call.ts";
import { datastorePath } from "./image.ts";
import { readUpdate } from "./image-change.ts";
import { CODES, find, OneError } from "./one-error.ts";
import { authorize, mayUseDatastore } from "./permissions.ts";
import { renderPermissions } from "./render-image.ts";
import { parseTemplate, renderTemplate, textOf, toTemplate } from "./template.ts";
import { cdata, element, idList } from "./xml-escape.ts";
import type { Datastore, World } from "./world.ts";

/** `one.datastorepool.info(session)`, newest first; plain users see what they may use. */
export function datastorePoolInfo({ world, user }: Call): string {
  const found = [...world.datastores.values()]
    .filter((datastore) => mayUseDatastore(user, datastore))
    .toSorted((one, other) => other.id - one.id);
  return element(
    "DATASTORE_POOL",
    found.map((datastore) => renderDatastore(world, datastore)).join(""),
  );
}

/** `one.datastore.info(session, id)`. */
export function datastoreInfo({ world, user, args }: Call): string {
  const datastore = findDatastore(world, args.int(1));
  authorize(user, {
    what: `USE DATASTORE [${datastore.id}]`,
    granted: mayUseDatastore(user, datastore),
  });
  return renderDatastore(world, datastore);
}

/** `one.datastore.update(session, id, template, mode)`, for example of SAFE_DIRS. */
export function updateDatastore({ world, user, args }: Call): number {
  const [id, text, mode] = [args.int(1), args.string(2), args.has(3) ? args.int(3) : 0];
  const { template } = findDatastore(world, id);
  authorize(user, { what: `MANAGE DATASTORE [${id}]`, granted: false });
  if (mode !== 0 && mode !== 1) {
    throw new OneError(CODES.xmlRpcApi, "Wrong update type");
  }
  const given = readUpdate(() => toTemplate(parseTemplate(text, world.version)));
  if (mode === 0) {
    template.clear();
  }
  given.forEach((value, name) => template.set(name, value));
  return id;
}

/** @throws OneError 1024 */
export function findDatastore(world: World, id: number): Datastore {
  return find(world.datastores, "datastore", id);
}

function renderDatastore(world: World, datastore: Datastore): string {
  const { id, name, type, space, template } = datastore;
  const images = [...world.images.values()].filter(({ datastoreId }) => datastoreId === id);
  const lines = [
    element("ID", id),
    OWNER,
    element("NAME", name),
    renderPermissions(0o640),
    cdata("DS_MAD", textOf(template, "DS_MAD") ?? "-"),
    cdata("TM_MAD", textOf(template, "TM_MAD") ?? ""),
    cdata("BASE_PATH", datastorePath(world, id)),
    element("TYPE", TYPES.indexOf(type)),
    element("DISK_TYPE", 0),
    element("STATE", 0),
    idList("CLUSTERS", [0]),
    element("TOTAL_MB", space.totalMb),
    element("FREE_MB", space.freeMb),
    element("USED_MB", space.usedMb),
    idList(
      "IMAGES",
      images.map((image) => image.id),
    ),
    renderTemplate(template),
  ];
  return element("DATASTORE", lines.join(""));
}

const TYPES = ["IMAGE", "SYSTEM", "FILE"];
const OWNER =
  element("UID", 0) +
  element("GID", 0) +
  element("UNAME", "oneadmin") +
  element("GNAME", "oneadmin");
