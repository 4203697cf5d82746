import { readSync } from "node:fs";
import type { GrainLayout } from "../limits.ts";
import { u64le, type Range } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { createInflater } from "./inflater.ts";
import { SparseOutput } from "./sparse-output.ts";

/** A VMDK with compressed grains, and the file that its disk is written to. All of it can be sent to a thread. */
export interface GrainJob {
  /** Descriptor of an open file. */
  readonly source: number;
  /** Where in it the VMDK is. */
  readonly range: Range;
  readonly grains: GrainLayout;
  readonly virtualSizeBytes: number;
  /** Descriptor of an open file that has its length already. */
  readonly target: number;
}

/** How many slices a disk has. */
export function sliceCount({ virtualSizeBytes, grains }: Omit<GrainJob, "source">): number {
  return Math.ceil(virtualSizeBytes / (grainsPerSlice(grains) * grains.grainBytes));
}

/**
 * Inflates a VMDK slice by slice. A slice is a range of the guest's disk whose grains are in one table. Slices do not depend on
 * each other; several threads may work on the same files.
 *
 * The tables have been inspected, but the file may have been changed since, so every number is checked again, and what comes
 * with the grain for the first time: its marker, of which the table says the place (the grain's first sector of the disk, 8 bytes,
 * and the length of the data, 4 bytes).
 */
export class SliceInflater {
  readonly #job: GrainJob;
  readonly #inflate = createInflater();
  readonly #output: SparseOutput;
  readonly #entries: Buffer;
  readonly #packed: Buffer;

  constructor(job: GrainJob) {
    const { grainBytes } = job.grains;
    this.#job = job;
    this.#output = new SparseOutput(job.target, grainBytes);
    this.#entries = Buffer.alloc(grainsPerSlice(job.grains) * ENTRY_BYTES);
    this.#packed = Buffer.allocUnsafe(Math.max(READ_BYTES, grainBytes + OVERHEAD_BYTES));
  }

  /** @throws GiveUp `corrupt`, `expansion`; what node:fs throws when reading or writing fails */
  inflate(slice: number): void {
    for (const run of runsOf(this.#grainsOf(slice), this.#job.grains.grainBytes)) {
      const packed = this.#read(run.offset, this.#packed.subarray(0, run.size));
      for (const grain of run.grains) {
        this.#inflateGrain(grain, packed.subarray(grain.offset - run.offset));
      }
    }
    this.#output.flush();
  }

  #grainsOf(slice: number): Grain[] {
    const { grains, virtualSizeBytes } = this.#job;
    const { grainBytes, entriesPerTable } = grains;
    const first = slice * grainsPerSlice(grains);
    const table = this.#tableOffset(Math.floor(first / entriesPerTable));
    if (table === 0) {
      return [];
    }
    const offset = table + (first % entriesPerTable) * ENTRY_BYTES;
    const entries = this.#read(offset, this.#entries);
    const found: Grain[] = [];
    for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
      const position = (first + at / ENTRY_BYTES) * grainBytes;
      const sector = entries.readUInt32LE(at);
      const isHole = sector === 0 || (sector === 1 && grains.hasZeroedGrains);
      if (!isHole && position < virtualSizeBytes) {
        found.push({ offset: sector * SECTOR, position });
      }
    }
    return found;
  }

  #tableOffset(table: number): number {
    const { directoryOffset } = this.#job.grains;
    const entry = this.#read(directoryOffset + table * ENTRY_BYTES, Buffer.alloc(ENTRY_BYTES));
    if (entry.length < ENTRY_BYTES) {
      throw refusal("corrupt", "the VMDK's tables are not where they were");
    }
    return entry.readUInt32LE(0) * SECTOR;
  }

  /** @param atMarker the beginning of the grain, as far as it has been read */
  #inflateGrain({ offset, position }: Grain, atMarker: Buffer): void {
    const { grains, virtualSizeBytes } = this.#job;
    if (atMarker.length < MARKER_BYTES) {
      throw corrupt(offset, "is behind the end of the VMDK");
    }
    const length = atMarker.readUInt32LE(8);
    if (u64le(atMarker, 0) !== position / SECTOR) {
      throw corrupt(offset, `is not the one that the table says: sector ${position / SECTOR}`);
    }
    // As qemu (block/vmdk.c, vmdk_read_extent).
    if (length === 0 || length > 2 * grains.grainBytes) {
      throw corrupt(offset, `has a length of ${length}`);
    }
    const end = MARKER_BYTES + length;
    const grain = end <= atMarker.length ? atMarker : this.#read(offset, Buffer.allocUnsafe(end)); // longer than a grain that was not compressed: hardly ever
    const output = this.#output.room(position, grains.grainBytes);
    const inflated = this.#inflateOrRefuse(offset, grain.subarray(MARKER_BYTES, end), output);
    if (inflated > grains.grainBytes) {
      throw refusal(
        "expansion",
        `the grain at ${offset} of the VMDK unpacks to more than the ${grains.grainBytes} bytes of a grain`,
        { offset, grainBytes: grains.grainBytes },
      );
    }
    const wanted = Math.min(grains.grainBytes, virtualSizeBytes - position);
    if (inflated < wanted) {
      throw corrupt(offset, `has not the ${wanted} bytes that it should have`);
    }
    this.#output.take(wanted);
  }

  #inflateOrRefuse(offset: number, packed: Buffer, output: Buffer): number {
    try {
      return this.#inflate(packed, output);
    } catch (error) {
      throw corrupt(offset, "cannot be inflated", error);
    }
  }

  /** @returns the bytes that there are */
  #read(offset: number, buffer: Buffer): Buffer {
    const { source, range } = this.#job;
    const wanted = Math.max(0, Math.min(buffer.length, range.size - offset));
    let done = 0;
    while (done < wanted) {
      const bytes = readSync(source, buffer, done, wanted - done, range.offset + offset + done);
      if (bytes === 0) {
        break;
      }
      done += bytes;
    }
    return buffer.subarray(0, done);
  }
}

const SECTOR = 512;
const ENTRY_BYTES = 4;
const MARKER_BYTES = 12;
/** Small enough to be shared out evenly and to show progress, large enough that fetching one costs nothing. */
const SLICE_BYTES = 4 * 2 ** 20;
const READ_BYTES = 2 ** 20;
/** What zlib adds to a grain that it cannot compress, and the marker: less than this for the largest grain. */
const OVERHEAD_BYTES = 1024;

interface Grain {
  /** Of its marker in the VMDK. */
  readonly offset: number;
  /** Where it belongs in the guest's disk. */
  readonly position: number;
}

interface Run {
  readonly offset: number;
  size: number;
  readonly grains: Grain[];
}

/** Grains that are near each other in the file, to be read at once: at most about two grains' length for each of them. */
function runsOf(grains: readonly Grain[], grainBytes: number): readonly Run[] {
  const reach = grainBytes + OVERHEAD_BYTES;
  const runs: Run[] = [];
  for (const grain of grains.toSorted((a, b) => a.offset - b.offset)) {
    const run = runs.at(-1);
    const last = run?.grains.at(-1);
    const isNear = last !== undefined && grain.offset - last.offset <= 2 * grainBytes;
    const size = grain.offset + reach - (run?.offset ?? 0);
    if (run !== undefined && isNear && size <= READ_BYTES) {
      run.grains.push(grain);
      run.size = size;
    } else {
      runs.push({ offset: grain.offset, size: reach, grains: [grain] });
    }
  }
  return runs;
}

function grainsPerSlice({ grainBytes, entriesPerTable }: GrainLayout): number {
  return Math.max(1, Math.min(entriesPerTable, SLICE_BYTES / grainBytes));
}

function corrupt(offset: number, what: string, cause?: unknown): Error {
  return refusal("corrupt", `the grain at ${offset} of the VMDK ${what}`, { offset }, cause);
}
