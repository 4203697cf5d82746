import type { FileHandle } from "node:fs/promises";
import * as z from "zod";
import type { MemberDigest } from "../shared/disk/ova-manifest.ts";
import { quoted, refusal } from "../shared/disk/refusal.ts";
import { runThread } from "../shared/thread.ts";
import { contentDigests, type DigestOrder } from "./content-digests.ts";
import type { DigestTask } from "./digest-thread.ts";

/** What a file must be. */
export interface Expected {
  /** Of the whole file; undefined when only its parts matter. */
  readonly sha512: string | undefined;
  /** Digests of parts of it. */
  readonly digests: readonly MemberDigest[];
  readonly onProgress?: ((percent: number) => void) | undefined;
}

/**
 * Reads a file once and compares all digests.
 * @throws GiveUp `checksum-mismatch`, and `manifest-mismatch` for a part
 */
export async function verifyContent(
  handle: FileHandle,
  { sha512, digests, onProgress }: Expected,
  signal: AbortSignal,
): Promise<void> {
  const { size } = await handle.stat();
  const whole: DigestOrder = { algorithm: "sha512", range: { offset: 0, size: Infinity } };
  const orders = [
    ...digests.map(({ algorithm, member }) => ({
      algorithm,
      range: { offset: member.offset, size: member.size },
    })),
    ...(sha512 === undefined ? [] : [whole]),
  ];
  const task = { fd: handle.fd, orders };
  const actual = await digestsOf(task, size, signal, (bytes) => onProgress?.((100 * bytes) / size));
  signal.throwIfAborted();
  const ofWhole = actual[digests.length];
  if (sha512 !== undefined && ofWhole !== sha512) {
    throw refusal(
      "checksum-mismatch",
      `the file has sha512 ${ofWhole}, but ${sha512} was endorsed`,
      { expected: sha512, actual: ofWhole ?? "" },
    );
  }
  for (const [index, { member, algorithm, digest }] of digests.entries()) {
    if (actual[index] !== digest) {
      throw refusal(
        "manifest-mismatch",
        `${quoted(member.name)} has not the ${algorithm} that the OVA's manifest says`,
      );
    }
  }
}

/** Less than this takes no longer than the start of a thread. */
const THREAD_BYTES = 16 * 2 ** 20;

async function digestsOf(
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
