import { chooseBootDisk, type Choice } from "./boot-disk.ts";
import { readDisk, readFiles } from "./ovf-disks.ts";
import { readDrives } from "./ovf-drives.ts";
import { elementsNamed, parseOvfXml } from "./ovf-xml.ts";
import { quoted, refusal } from "./refusal.ts";

/** What an OVF says about disks. */
export interface Ovf extends Choice {
  /** All files it refers to. */
  readonly hrefs: readonly string[];
}

/**
 * Reads an OVF descriptor (DMTF DSP0243) as far as disks go, and finds the one that boots.
 * @throws GiveUp `ovf-…`, `parent-disk`
 */
export function parseOvf(bytes: Buffer): Ovf {
  const { envelope, warnings } = parseOvfXml(bytes);
  if (envelope.name !== "Envelope") {
    throw refusal("ovf-bad", `the OVF is no envelope but ${quoted(envelope.name)}`);
  }
  const systems = elementsNamed(envelope, "VirtualSystem");
  if (elementsNamed(envelope, "VirtualSystemCollection").length > 0 || systems.length > 1) {
    throw refusal("ovf-multiple", "the OVF describes a collection of machines");
  }
  const files = readFiles(envelope);
  const disks = elementsNamed(envelope, "Disk").map((disk) => readDisk(disk, files));
  const choice = chooseBootDisk(disks, readDrives(envelope, disks, files));
  return {
    ...choice,
    hrefs: [...files.values()].map(({ href }) => href),
    warnings: [...warnings, ...choice.warnings],
  };
}
