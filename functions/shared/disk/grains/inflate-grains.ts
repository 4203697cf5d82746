import type { FileHandle } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import * as z from "zod";
import { GiveUp } from "../../step/errors.ts";
import type { GrainLayout } from "../limits.ts";
import type { Range } from "../reader.ts";
import { refusal } from "../refusal.ts";
import type { GrainTask } from "./grain-thread.ts";
import { SliceInflater, sliceCount, type GrainJob } from "./slice.ts";
import { runThread } from "../thread.ts";

/** A VMDK that has been inspected, and what to make of it. */
export interface GrainConversion {
  readonly source: FileHandle;
  /** Where in it the VMDK is. */
  readonly range: Range;
  readonly grains: GrainLayout;
  readonly virtualSizeBytes: number;
  /** How much of the disk is in grains, at most. */
  readonly dataBytes: number;
  /** An empty file. It is a sparse copy of the disk in the end. */
  readonly target: FileHandle;
  /** The most threads. */
  readonly workers: number;
  readonly timeoutSeconds: number;
  /** Looks at the target when the beginning of the disk is there. @throws to end the work */
  readonly checkHead: () => Promise<void>;
  /** 0 to 100. */
  readonly onProgress?: ((percent: number) => void) | undefined;
}

/**
 * Writes the disk of a stream-optimized VMDK as a sparse raw file. What takes the time is to inflate it, so that is done on
 * all cores: threads fetch slices of the disk, in its order, inflate them, and write them to their places. The result is the
 * same as qemu-img's, to the byte; it is complete when this returns, but not yet on stable storage.
 * @throws GiveUp `corrupt`, `expansion`, `conversion-timeout`; what `checkHead` throws; what node:fs throws for the target
 * @throws the signal's reason when aborted; all threads have ended in any case
 */
export async function inflateGrains(
  conversion: GrainConversion,
  signal: AbortSignal,
): Promise<void> {
  const { source, target, range, grains, virtualSizeBytes, timeoutSeconds } = conversion;
  const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
  const stop = AbortSignal.any([signal, deadline]);
  await target.truncate(virtualSizeBytes);
  const job = { source: source.fd, target: target.fd, range, grains, virtualSizeBytes };
  try {
    await inflateSlices(job, conversion, stop);
  } catch (error) {
    signal.throwIfAborted();
    throw deadline.aborted
      ? refusal("conversion-timeout", `the grains were not inflated in ${timeoutSeconds} seconds`)
      : error;
  }
}

/** A thread is worth its start when it has this much to inflate: half a millisecond for each MiB, against some 40 in all. */
const BYTES_PER_THREAD = 32 * 2 ** 20;

async function inflateSlices(
  job: GrainJob,
  { dataBytes, workers, checkHead, onProgress }: GrainConversion,
  stop: AbortSignal,
): Promise<void> {
  const slices = sliceCount(job);
  const threads = Math.min(workers, Math.floor(dataBytes / BYTES_PER_THREAD));
  const inflater = new SliceInflater(job);
  stop.throwIfAborted();
  let done = 0;
  const isDone = () => {
    done += 1;
    onProgress?.((100 * done) / slices);
  };
  const ownSlices = threads === 0 ? slices : 1;
  for (let slice = 0; slice < ownSlices; slice += 1) {
    inflater.inflate(slice);
    isDone();
    if (slice === 0) {
      await checkHead();
    }
    await setImmediate();
    stop.throwIfAborted();
  }
  const next = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(next).fill(ownSlices);
  await allOrNone(
    Array.from({ length: threads }, () => async (signal: AbortSignal) => {
      const task: GrainTask = { ...job, next, slices };
      await runThread(
        { name: "grain-thread", base: import.meta.url, task },
        (message) => {
          const parsed = messageSchema.parse(message);
          if (parsed.kind === "refused") {
            throw new GiveUp(parsed.code, parsed.text, { facts: parsed.facts });
          }
          isDone();
        },
        signal,
      );
    }),
    stop,
  );
}

const messageSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("done") }),
  z.object({
    kind: z.literal("refused"),
    code: z.string(),
    text: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
]);

/** Runs parts of a work at once. The first that fails ends the others; all have ended when this returns or throws. */
async function allOrNone(
  parts: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  await Promise.allSettled(
    parts.map(async (part) => {
      try {
        await part(stop);
      } catch (error) {
        failed.abort(error);
      }
    }),
  );
  stop.throwIfAborted();
}
