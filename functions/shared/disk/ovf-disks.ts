import { checkedHref } from "./ovf-href.ts";
import { isMarked, numberInOrder } from "./ovf-boot-marks.ts";
import { attributeOf, elementsNamed, type Element } from "./ovf-xml.ts";
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

/** A file of an OVF's references. */
export type OvfFile = Omit<OvfDisk, "diskId" | "capacity">;

/** A disk as an OVF declares it, with or without a file. */
export interface DeclaredDisk extends Pick<OvfDisk, "diskId" | "capacity"> {
  readonly fileRef: string;
  readonly file: OvfFile | undefined;
  readonly hasParent: boolean;
  /** Said to be the one that boots. */
  readonly isMarked: boolean;
  /** Its number in the order of what boots. */
  readonly bootOrder: number | undefined;
}

/** The files of an OVF by their ids. @throws GiveUp `ovf-external-ref` */
export function readFiles(envelope: Element): ReadonlyMap<string, OvfFile> {
  return new Map(
    elementsNamed(envelope, "File").map((file) => [attributeOf(file, "id"), readFile(file)]),
  );
}

/** @throws GiveUp `ovf-missing-file` */
export function readDisk(disk: Element, files: ReadonlyMap<string, OvfFile>): DeclaredDisk {
  const diskId = attributeOf(disk, "diskId");
  const fileRef = attributeOf(disk, "fileRef");
  const file = files.get(fileRef);
  if (fileRef !== "" && file === undefined) {
    throw refusal(
      "ovf-missing-file",
      `disk ${quoted(diskId)} of the OVF is in file ${quoted(fileRef)}, which is not declared`,
    );
  }
  const capacity = wholeNumber(disk, "capacity");
  const unit = unitBytes(attributeOf(disk, "capacityAllocationUnits"));
  return {
    diskId,
    fileRef,
    file,
    hasParent: attributeOf(disk, "parentRef") !== "", // oVirt writes it empty
    isMarked: isMarked(disk),
    bootOrder: numberInOrder(disk),
    capacity:
      capacity === undefined || unit === undefined
        ? undefined
        : { bytes: capacity * unit, unitBytes: unit },
  };
}

/** What a drive has in it that names a file, and not a disk. */
export function diskOfFile(fileRef: string, file: OvfFile): DeclaredDisk {
  return {
    diskId: fileRef,
    fileRef,
    file,
    hasParent: false,
    isMarked: false,
    bootOrder: undefined,
    capacity: undefined,
  };
}

function readFile(file: Element): OvfFile {
  const compression = attributeOf(file, "compression");
  return {
    href: checkedHref(attributeOf(file, "href")),
    fileBytes: wholeNumber(file, "size"),
    compression: compression === "" || compression === "identity" ? undefined : compression,
    chunkBytes: wholeNumber(file, "chunkSize"),
  };
}

function wholeNumber(element: Element, name: string): number | undefined {
  const text = attributeOf(element, name);
  // `${property}` is allowed for a capacity: the size of an empty disk that the user chooses.
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
