import { STATES, TYPES, type Image, type Lock } from "./image.ts";
import { renderTemplate } from "./template.ts";
import { cdata, element, idList } from "./xml-escape.ts";
import type { World } from "./world.ts";

/** `<IMAGE>…</IMAGE>`; a pool holds exactly the same. */
export function renderImage(world: World, image: Image): string {
  const lines = [
    element("ID", image.id),
    element("UID", image.uid),
    element("GID", image.gid),
    element("UNAME", image.uname),
    element("GNAME", image.gname),
    element("NAME", image.name),
    image.lock === undefined ? "" : renderLock(image.lock),
    renderPermissions(image.mode),
    element("TYPE", TYPES.indexOf(image.type)),
    element("DISK_TYPE", 0),
    element("PERSISTENT", Number(image.persistent)),
    element("REGTIME", image.registeredAt),
    world.version === "6.10.5" ? "" : element("MODTIME", image.registeredAt),
    cdata("SOURCE", image.source),
    cdata("PATH", image.path),
    cdata("FORMAT", image.format),
    cdata("FS", image.fs),
    element("SIZE", image.sizeMb),
    element("STATE", STATES.indexOf(image.state)),
    element("PREV_STATE", STATES.indexOf(image.previousState)),
    element("RUNNING_VMS", image.vms.size),
    element("CLONING_OPS", image.clones.size),
    element("CLONING_ID", image.cloningId),
    element("TARGET_SNAPSHOT", -1),
    element("DATASTORE_ID", image.datastoreId),
    element("DATASTORE", world.datastores.get(image.datastoreId)?.name ?? ""),
    idList("VMS", [...image.vms]),
    idList("CLONES", [...image.clones]),
    idList("APP_CLONES", []),
    renderTemplate(image.template),
    SNAPSHOTS,
    element("BACKUP_INCREMENTS", ""),
    element("BACKUP_DISK_IDS", ""),
  ];
  return element("IMAGE", lines.join(""));
}

/** PERMISSIONS of a mode of nine bits. */
export function renderPermissions(mode: number): string {
  return element(
    "PERMISSIONS",
    PERMISSION_NAMES.map((name, index) => element(name, (mode >> (8 - index)) & 1)).join(""),
  );
}

function renderLock({ level, owner, time, requestId }: Lock): string {
  return element(
    "LOCK",
    element("LOCKED", level) +
      element("OWNER", owner) +
      element("TIME", time) +
      element("REQ_ID", requestId),
  );
}

const PERMISSION_NAMES = ["OWNER", "GROUP", "OTHER"].flatMap((who) =>
  ["U", "M", "A"].map((right) => `${who}_${right}`),
);

const SNAPSHOTS = element(
  "SNAPSHOTS",
  cdata("ALLOW_ORPHANS", "NO") + cdata("CURRENT_BASE", "-1") + cdata("NEXT_SNAPSHOT", "0"),
);
