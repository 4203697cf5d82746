import { elementsNamed, parseOvfXml, textOf, type Element } from "./ovf-xml.ts";
import { checkedHref } from "./ovf-href.ts";
import { quoted, refusal } from "./refusal.ts";
import { unitBytes } from "./ovf-units.ts";

/** A disk of an OVF that has a file. */
export interface OvfDisk {
  readonly diskId: string;
  /** Relative to the descriptor, decoded, checked to stay inside of the archive. */
  readonly href: string;
  /** Length of the file as declared, in bytes. */
  readonly fileBytes: number | undefined;
  /** Declared virtual size, and the unit it is counted in, in bytes. */
  readonly capacity: { readonly bytes: number; readonly unitBytes: number } | undefined;
  /** As declared: `gzip`; absent for `identity`. */
  readonly compression: string | undefined;
  /** The file is cut into pieces of that length. */
  readonly chunkBytes: number | undefined;
}

/** What an OVF says about disks. */
export interface Ovf {
  readonly bootDisk: OvfDisk;
  /** Ids of the disks that are not taken: further ones, and empty ones. */
  readonly otherDisks: readonly string[];
  /** All files it refers to. */
  readonly hrefs: readonly string[];
}

/**
 * Reads an OVF descriptor (DMTF DSP0243) as far as disks go, and finds the one that boots: of the drives (resource type 17) that
 * have a file, the first by the address of its controller, then by its address there. Without drives, the first disk with a file.
 * @throws GiveUp `ovf-…`, `parent-disk`
 */
export function parseOvf(bytes: Buffer): Ovf {
  const envelope = parseOvfXml(bytes);
  if (envelope.name !== "Envelope") {
    throw refusal("ovf-bad", `the OVF is no envelope but ${quoted(envelope.name)}`);
  }
  const systems = elementsNamed(envelope, "VirtualSystem");
  if (elementsNamed(envelope, "VirtualSystemCollection").length > 0 || systems.length > 1) {
    throw refusal("ovf-multiple", "the OVF describes a collection of machines");
  }
  const files = new Map(
    elementsNamed(envelope, "File").map((file) => [attribute(file, "id"), readFile(file)]),
  );
  const disks = elementsNamed(envelope, "Disk").map((disk) => readDisk(disk, files));
  const drives = elementsNamed(envelope, "Item").concat(elementsNamed(envelope, "StorageItem"));
  const inOrder = inBootOrder(drives, disks);
  const bootDisk = inOrder.find((disk) => disk.file !== undefined);
  if (bootDisk?.file === undefined) {
    throw refusal("ovf-no-disk", "the OVF has no disk with a content");
  }
  if (bootDisk.hasParent) {
    throw refusal("parent-disk", "the disk that boots is a difference to another disk");
  }
  return {
    bootDisk: { ...bootDisk.file, diskId: bootDisk.diskId, capacity: bootDisk.capacity },
    otherDisks: disks.filter((disk) => disk !== bootDisk).map(({ diskId }) => diskId),
    hrefs: [...files.values()].map(({ href }) => href),
  };
}

type OvfFile = Omit<OvfDisk, "diskId" | "capacity">;

interface DeclaredDisk extends Pick<OvfDisk, "diskId" | "capacity"> {
  readonly fileRef: string;
  readonly file: OvfFile | undefined;
  readonly hasParent: boolean;
}

const HARD_DISK = "17";
const CONTROLLERS: ReadonlySet<string> = new Set(["5", "6", "20"]); // IDE, SCSI, other storage (SATA, NVMe)

function readFile(file: Element): OvfFile {
  const compression = attribute(file, "compression");
  return {
    href: checkedHref(attribute(file, "href")),
    fileBytes: wholeNumber(file, "size"),
    compression: compression === "" || compression === "identity" ? undefined : compression,
    chunkBytes: wholeNumber(file, "chunkSize"),
  };
}

function readDisk(disk: Element, files: ReadonlyMap<string, OvfFile>): DeclaredDisk {
  const diskId = attribute(disk, "diskId");
  const fileRef = attribute(disk, "fileRef");
  const file = files.get(fileRef);
  if (fileRef !== "" && file === undefined) {
    throw refusal(
      "ovf-missing-file",
      `disk ${quoted(diskId)} of the OVF is in file ${quoted(fileRef)}, which is not declared`,
    );
  }
  const capacity = wholeNumber(disk, "capacity");
  const unit = unitBytes(attribute(disk, "capacityAllocationUnits"));
  return {
    diskId,
    fileRef,
    file,
    hasParent: disk.attributes.has("parentRef"),
    capacity:
      capacity === undefined || unit === undefined
        ? undefined
        : { bytes: capacity * unit, unitBytes: unit },
  };
}

function inBootOrder(
  items: readonly Element[],
  disks: readonly DeclaredDisk[],
): readonly DeclaredDisk[] {
  const controllers = new Map(
    items
      .filter((item) => CONTROLLERS.has(textOf(item, "ResourceType")))
      .map((item) => [textOf(item, "InstanceID"), Number(textOf(item, "Address"))]),
  );
  const byResource = byHostResource(disks);
  const drives = items.flatMap((item) => {
    const disk = byResource.get(textOf(item, "HostResource").replace(/^ovf:/, ""));
    if (textOf(item, "ResourceType") !== HARD_DISK || disk === undefined) {
      return [];
    }
    const parent = textOf(item, "Parent");
    return [
      {
        disk,
        place: [controllers.get(parent), Number(parent), Number(textOf(item, "AddressOnParent"))],
      },
    ];
  });
  if (drives.length === 0) {
    return disks;
  }
  // The sort is stable: equal places keep the order of the document.
  return drives.sort((a, b) => compare(a.place, b.place)).map(({ disk }) => disk);
}

/** Disks by what a drive says of them: `/disk/ID`, `/file/ID`, with or without `ovf:` before it. The first of two counts. */
function byHostResource(disks: readonly DeclaredDisk[]): ReadonlyMap<string, DeclaredDisk> {
  return new Map(
    disks
      .flatMap((disk): (readonly [string, DeclaredDisk])[] => [
        [`/disk/${disk.diskId}`, disk],
        [`/file/${disk.fileRef}`, disk],
      ])
      .toReversed(),
  );
}

function compare(a: readonly (number | undefined)[], b: readonly (number | undefined)[]): number {
  for (const [index, value] of a.entries()) {
    const difference = sortable(value) - sortable(b[index]);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

// What has no address comes last.
function sortable(value: number | undefined): number {
  return value === undefined || Number.isNaN(value) ? Number.MAX_SAFE_INTEGER : value;
}

function wholeNumber(element: Element, name: string): number | undefined {
  const text = attribute(element, name);
  if (text === "") {
    return undefined;
  }
  if (!/^\d{1,15}$/.test(text)) {
    // `${property}` is allowed for a capacity: the size of an empty disk that the user chooses.
    return undefined;
  }
  return Number(text);
}

function attribute(element: Element, name: string): string {
  return element.attributes.get(name)?.trim() ?? "";
}
