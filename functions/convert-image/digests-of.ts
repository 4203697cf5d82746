import type { FileHandle } from "node:fs/promises";
import * as z from "zod";
import { runThread } from "../shared/disk/thread.ts";
import { contentDigests, type DigestOrder } from "./content-digests.ts";
import type { DigestTask } from "./digest-thread.ts";

/**
 * Makes digests of an open file in one reading, in a thread of its own where that takes long.
 * @param onProgress is told the percentage that is read
 * @returns a digest for each order, in hexadecimal
 * @throws what node:fs throws; the signal's reason when aborted
 */
export async function digestsOf(
  handle: FileHandle,
  orders: readonly DigestOrder[],
  signal: AbortSignal,
  onProgress?: (percent: number) => void,
): Promise<readonly string[]> {
  const { size } = await handle.stat();
  const task: DigestTask = { fd: handle.fd, orders };
  const digests = await made(task, size, signal, (bytes) => onProgress?.((100 * bytes) / size));
  signal.throwIfAborted();
  return digests;
}

/** Less than this takes no longer than the start of a thread. */
const THREAD_BYTES = 16 * 2 ** 20;

async function made(
  task: DigestTask,
  size: number,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<readonly string[]> {
  signal.throwIfAborted();
  if (size < THREAD_BYTES) {
    return contentDigests(task.fd, task.orders, onProgress);
  }
  let digests: readonly string[] = [];
  await runThread(
    { name: "digest-thread", base: import.meta.url, task },
    (message) => {
      const parsed = messageSchema.parse(message);
      if (parsed.kind === "progress") {
        onProgress(parsed.bytes);
      } else {
        ({ digests } = parsed);
      }
    },
    signal,
  );
  return digests;
}

const messageSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("progress"), bytes: z.number() }),
  z.object({ kind: z.literal("digests"), digests: z.array(z.string()) }),
]);
