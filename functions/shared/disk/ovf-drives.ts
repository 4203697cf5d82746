import { bootSections, isMarked, numberInOrder } from "./ovf-boot-marks.ts";
import { diskOfFile, type DeclaredDisk, type OvfFile } from "./ovf-disks.ts";
import { elementsNamed, textOf, type Element } from "./ovf-xml.ts";
import { quoted, refusal } from "./refusal.ts";

/** A drive of the machine, with a disk of the OVF in it. */
export interface Drive {
  readonly disk: DeclaredDisk;
  /** It reads CDs or floppies. */
  readonly isRemovable: boolean;
  /** As of `DeclaredDisk`, said of the drive. */
  readonly isMarked: boolean;
  /** As of `DeclaredDisk`, said of the drive. */
  readonly bootOrder: number | undefined;
  /** Address of its controller, number of its controller, address there; what is not said is undefined. */
  readonly place: readonly (number | undefined)[];
}

/**
 * Finds the drives that have a disk: items that name one. By CIM 17 is a disk drive, and 5 to 9 are controllers; but XenServer
 * writes 19 (storage extent), Hyper-V a drive 22 with a disk 21 in it, and 20 is as well a SATA controller of VirtualBox.
 * @throws GiveUp `ovf-missing-file`
 */
export function readDrives(
  envelope: Element,
  disks: readonly DeclaredDisk[],
  files: ReadonlyMap<string, OvfFile>,
): readonly Drive[] {
  const items = elementsNamed(envelope, "Item").concat(elementsNamed(envelope, "StorageItem"));
  const parents = new Map(items.map((item) => [instanceOf(item), item]));
  parents.delete(""); // no parent of what has none
  const sections = bootSections(envelope);
  const find = finder(disks, files);
  return items.flatMap((item) => {
    const type = textOf(item, "ResourceType");
    if (!HARD.has(type) && !REMOVABLE.has(type)) {
      return [];
    }
    const parent = parents.get(textOf(item, "Parent"));
    const isRemovable = [item, parent].some(
      (one) => one !== undefined && REMOVABLE.has(textOf(one, "ResourceType")),
    );
    const drive = {
      isRemovable,
      isMarked: isMarked(item) || connections(item).some(isBootable),
      bootOrder: numberInOrder(item) ?? sections.get(instanceOf(item)),
      place: placeOf(item, parents),
    };
    return disksIn(item, find, isRemovable).map((disk) => ({ ...drive, disk }));
  });
}

const HARD: ReadonlySet<string> = new Set(["17", "19", "20", "21", "22", "31", "32"]);
const REMOVABLE: ReadonlySet<string> = new Set(["14", "15", "16"]); // floppy, CD, DVD

type Find = (kind: string, id: string) => DeclaredDisk | undefined;

/** Looks up a disk by what drives say: `disk` and its id, or `file` and the id of its file. The first of two counts. */
function finder(disks: readonly DeclaredDisk[], files: ReadonlyMap<string, OvfFile>): Find {
  const known = new Map(
    disks
      .flatMap((disk): (readonly [string, DeclaredDisk])[] => [
        [`disk/${disk.diskId}`, disk],
        [`file/${disk.fileRef}`, disk],
      ])
      .toReversed(),
  );
  return (kind, id) => {
    const name = `${kind}/${id}`;
    const file = files.get(id);
    if (!known.has(name) && kind === "file" && file !== undefined) {
      known.set(name, diskOfFile(id, file));
    }
    return known.get(name);
  };
}

function disksIn(item: Element, find: Find, isRemovable: boolean): readonly DeclaredDisk[] {
  const resources = item.children
    .filter(({ name, text }) => name === "HostResource" && text.trim() !== "")
    .map(({ text }) => text.trim());
  if (resources.length === 0) {
    // XenServer gives a drive the id of its disk; a number is a drive's or a controller's own.
    const ids = [...connections(item), instanceOf(item)].filter((id) => numberIn(id) === undefined);
    return ids.flatMap((id) => find("disk", id) ?? []).slice(0, 1);
  }
  return resources.flatMap((resource) => {
    const [, kind, id] = /^(?:ovf:)?\/*(disk|file)\/(.+)$/i.exec(resource) ?? [];
    if (kind === undefined || id === undefined) {
      return find("disk", resource) ?? find("file", resource) ?? []; // something of the host: its network, its storage
    }
    const disk = find(kind.toLowerCase(), id) ?? find(kind.toLowerCase(), decoded(id));
    if (disk === undefined && !isRemovable) {
      throw refusal(
        "ovf-missing-file",
        `a drive of the OVF has ${quoted(resource)} in it, which is not declared`,
      );
    }
    return disk ?? [];
  });
}

function placeOf(
  item: Element,
  parents: ReadonlyMap<string, Element>,
): readonly (number | undefined)[] {
  const device = connections(item).find((part) => /^device=/i.test(part));
  const address =
    numberIn(textOf(item, "AddressOnParent")) ??
    numberIn(device?.slice("device=".length) ?? "") ??
    numberIn(textOf(item, "Address"));
  const id = textOf(item, "Parent");
  const parent = parents.get(id);
  // A disk of Hyper-V is in a drive, and that on a controller.
  const isInDrive = parent !== undefined && textOf(parent, "ResourceType") === "22";
  return isInDrive && textOf(item, "ResourceType") !== "22"
    ? [...placeOf(parent, parents), address]
    : [
        parent === undefined
          ? undefined
          : numberIn(textOf(parent, "Address") || textOf(parent, "BusNumber")),
        numberIn(id),
        address,
      ];
}

/** XenServer's way to say several things in one: `ID,device=0,bootable=true`. */
function connections(item: Element): readonly string[] {
  return item.children
    .filter(({ name }) => name === "Connection")
    .flatMap(({ text }) => text.split(","))
    .map((part) => part.trim());
}

function isBootable(part: string): boolean {
  return /^bootable=true$/i.test(part);
}

function instanceOf(item: Element): string {
  return textOf(item, "InstanceID") || textOf(item, "InstanceId"); // the first version's spelling
}

function numberIn(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id; // a bare % in an id that is not encoded
  }
}
