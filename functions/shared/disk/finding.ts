import type { FileHandle } from "node:fs/promises";
import type { Config } from "../settings/config.ts";
import type { Claim, DiskFormat } from "./known-formats.ts";
import type { GrainLayout, Limits } from "./limits.ts";
import type { MemberDigest } from "./ova-manifest.ts";
import type { Packing } from "./packed/packing.ts";
import type { Range, Reader } from "./reader.ts";
import type { Warning } from "./warning.ts";

/** Where in an image the disk is. */
export interface Place {
  readonly container: "ova" | undefined;
  /** The file of the disk inside of the container. */
  readonly member: string | undefined;
  /** Why it is that disk of the container: `boot mark`, `controller order`, …; see `ChosenBy`. */
  readonly chosenBy: string | undefined;
  /** Ids of disks in the container that are not taken. */
  readonly otherDisks: readonly string[];
  /** Where the disk is in the file: one range, or several that follow each other (chunks of an OVA). */
  readonly pieces: readonly Range[];
  /** What the container says about members of this file; to be verified by who reads it. */
  readonly digests: readonly MemberDigest[];
  /** What is unusual, and no reason to refuse it; as far as we have looked. */
  readonly warnings: readonly Warning[];
}

/** A disk, as far as we have looked: enough for qemu-img to open it without harm. */
export interface Inspection extends Place {
  readonly packing: undefined;
  readonly format: DiskFormat;
  readonly subformat: string;
  readonly virtualSizeBytes: number;
  /** What says that the content is a disk, in words, as far as it can be seen: for now of a raw disk only. */
  readonly evidence: readonly string[];
  /** Upper bound of what a sparse raw copy occupies. */
  readonly dataBytes: number;
  /** As of `Disk`. */
  readonly driverOptions?: Readonly<Record<string, string>>;
  /** As of `Disk`. */
  readonly grains?: GrainLayout;
}

/** Something that has to be unpacked before more can be said. */
export interface Packed extends Place {
  readonly packing: Packing;
  /** Goes on with what came out of `pieces`. */
  readonly inspect: (unpacked: FileHandle, signal: AbortSignal) => Promise<Finding>;
}

/** What was found in a file. */
export type Finding = Inspection | Packed;

/** What a site takes. */
export interface Rules extends Limits {
  /** What the list says; undefined when it says nothing. */
  readonly claim: Claim | undefined;
  /** As the setting; by default the disk that boots is taken. */
  readonly severalDisks?: Config["severalDisks"];
  /** As the setting; by default what nobody recognises as a disk is registered, with a warning. */
  readonly unrecognised?: Config["unrecognised"];
}

/** Bytes to inspect, and what they occupy on disk. */
export interface Content {
  readonly reader: Reader;
  readonly allocatedBytes: number;
}
