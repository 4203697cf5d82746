import type { DeclaredDisk, OvfDisk, OvfFile } from "./ovf-disks.ts";
import type { Drive } from "./ovf-drives.ts";
import { quoted, refusal } from "./refusal.ts";
import { warning, type Warning } from "./warning.ts";

/** Why a disk is taken for the one that boots. */
export type ChosenBy =
  /** No other has a content. */
  | "only disk"
  /** It alone is said to boot. */
  | "boot mark"
  /** Its number in the order of what boots is the lowest. */
  | "boot order"
  /** It alone is in a drive. */
  | "only drive"
  /** The first by the address of its controller, then by its address there. */
  | "controller order"
  /** Nothing tells: it stands first. */
  | "document order";

/** The disk of an OVF that boots, and the ones that do not. */
export interface Choice {
  readonly bootDisk: OvfDisk;
  readonly chosenBy: ChosenBy;
  /** Ids of the disks that are not taken: further ones, and empty ones. What is in a CD drive is no disk. */
  readonly otherDisks: readonly string[];
  /** `boot-disk-unknown` */
  readonly warnings: readonly Warning[];
}

/**
 * Finds the disk that boots: of those with a content, the one with a boot mark; the lowest in the boot order; the only one in a
 * drive; the first by controller and address; the first. A rule that knows two is passed over: two marks are as good as none.
 * @throws GiveUp `ovf-no-disk`, `parent-disk`
 */
export function chooseBootDisk(
  declared: readonly DeclaredDisk[],
  drives: readonly Drive[],
): Choice {
  const hardDrives = drives.filter(({ isRemovable }) => !isRemovable);
  const inHardDrives = new Set(hardDrives.map(({ disk }) => disk));
  const inDrives = new Set(drives.map(({ disk }) => disk));
  const disks = [...new Set([...declared, ...inHardDrives])].filter(
    (disk) => inHardDrives.has(disk) || !inDrives.has(disk),
  );
  const candidates = candidatesOf(disks, hardDrives);
  const { winner, chosenBy } = choose(candidates);
  const { disk, file } = winner;
  if (disk.hasParent) {
    throw refusal("parent-disk", "the disk that boots is a difference to another disk");
  }
  return {
    bootDisk: { ...file, diskId: disk.diskId, capacity: disk.capacity },
    chosenBy,
    otherDisks: disks.filter((other) => other !== disk).map(({ diskId }) => diskId),
    warnings: chosenBy === "document order" ? [unknown(candidates, disk.diskId)] : [],
  };
}

interface Candidate {
  readonly disk: DeclaredDisk;
  readonly file: OvfFile;
  readonly isMarked: boolean;
  readonly bootOrder: number;
  /** Undefined when no drive has it. */
  readonly place: Place | undefined;
}

type Place = Drive["place"];

/** Those with a content: first the ones in drives, in the order of the drives, as machines count what is in them. */
function candidatesOf(
  disks: readonly DeclaredDisk[],
  drives: readonly Drive[],
): readonly Candidate[] {
  const byDisk = Map.groupBy(drives, ({ disk }) => disk);
  return [...new Set([...byDisk.keys(), ...disks])].flatMap((disk) => {
    const { file } = disk;
    const own = byDisk.get(disk) ?? [];
    const numbers = [disk, ...own].map(({ bootOrder }) => sortable(bootOrder));
    const [place] = own.map((drive) => drive.place).sort(compare);
    const isMarked = [disk, ...own].some((one) => one.isMarked);
    return file === undefined
      ? []
      : [{ disk, file, isMarked, bootOrder: Math.min(...numbers), place }];
  });
}

function choose(candidates: readonly Candidate[]): {
  readonly winner: Candidate;
  readonly chosenBy: ChosenBy;
} {
  const inDrives = candidates.filter(({ place }) => place !== undefined);
  const rules = [
    ["only disk", candidates],
    ["boot mark", candidates.filter(({ isMarked }) => isMarked)],
    ["boot order", lowest(candidates, (a, b) => a.bootOrder - b.bootOrder)],
    ["only drive", inDrives],
    ["controller order", lowest(inDrives, (a, b) => compare(a.place, b.place))],
    ["document order", candidates.slice(0, 1)],
  ] as const;
  for (const [chosenBy, [winner, ...more]] of rules) {
    if (winner !== undefined && more.length === 0) {
      return { winner, chosenBy };
    }
  }
  throw refusal("ovf-no-disk", "the OVF has no disk with a content");
}

/** The first, and all that are equal to it. */
function lowest(
  candidates: readonly Candidate[],
  by: (a: Candidate, b: Candidate) => number,
): readonly Candidate[] {
  const [first] = candidates.toSorted(by);
  return first === undefined ? [] : candidates.filter((one) => by(one, first) === 0);
}

function compare(a: Place = [], b: Place = []): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = sortable(a[index]) - sortable(b[index]);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

// What has no number comes last.
function sortable(value: number | undefined): number {
  return value ?? Number.MAX_SAFE_INTEGER;
}

function unknown(candidates: readonly Candidate[], taken: string): Warning {
  const MAX_NAMED = 20;
  const names = candidates.slice(0, MAX_NAMED).map(({ disk }) => quoted(disk.diskId));
  return warning(
    "boot-disk-unknown",
    `nothing in the OVF tells which of ${candidates.length} disks boots; ${quoted(taken)} is taken`,
    { disks: names.join(" ") },
  );
}
