import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { verifyContent } from "../../functions/convert-image/verify-content.ts";
import type { MemberDigest } from "../../functions/shared/disk/ova-manifest.ts";
import { sha512Digest } from "../../functions/job/digest.ts";

const MIB = 2 ** 20;

for (const [where, size] of [
  ["here", 3 * MIB + 5],
  ["in a thread", 40 * MIB + 5],
] as const) {
  test(`a file that is read ${where} is right only with all of its digests`, async () => {
    await using file = await fileOf(size);
    const { handle, bytes } = file;
    const sha512 = digest("sha512", bytes);
    const part = { offset: MIB - 7, size: 2 * MIB + 3 };
    const member = (sha: string): MemberDigest => ({
      member: { name: "disk", ...part },
      algorithm: "sha1",
      digest: sha,
    });
    const right = member(digest("sha1", bytes.subarray(part.offset, part.offset + part.size)));
    const progress: number[] = [];
    const onProgress = (percent: number) => progress.push(percent);
    await verifyContent(
      handle,
      { digest: sha512Digest(sha512), digests: [right], onProgress },
      patience(),
    );
    await verifyContent(handle, { digest: undefined, digests: [right] }, patience());
    const sha256 = `sha256:${digest("sha256", bytes)}` as const;
    await verifyContent(handle, { digest: sha256, digests: [] }, patience());
    await assert.rejects(
      verifyContent(handle, { digest: `sha256:${"0".repeat(64)}`, digests: [] }, patience()),
      {
        code: "checksum-mismatch",
        message: /^the file has sha256 [0-9a-f]{64}, but 0+ was endorsed$/,
      },
    );
    assert.equal(progress.at(-1), 100);
    await assert.rejects(
      verifyContent(
        handle,
        { digest: sha512Digest(sha512), digests: [right, member("0".repeat(40))] },
        patience(),
      ),
      { name: "GiveUp", code: "manifest-mismatch", message: /"disk" has not the sha1/ },
    );
    const wrong = "0".repeat(128);
    await assert.rejects(
      verifyContent(handle, { digest: sha512Digest(wrong), digests: [] }, patience()),
      {
        name: "GiveUp",
        code: "checksum-mismatch",
        facts: { expected: wrong, actual: sha512 },
      },
    );
  });

  test(`an abort ends the reading of a file ${where}`, async () => {
    await using file = await fileOf(size);
    const expected = { digest: sha512Digest("0".repeat(128)), digests: [] };
    const lost = new AbortController();
    const running = verifyContent(
      file.handle,
      { ...expected, onProgress: () => lost.abort(new Error("lease lost")) },
      lost.signal,
    );
    await assert.rejects(running, { message: "lease lost" });
  });
}

async function fileOf(size: number) {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-digests-"));
  const path = join(directory, "image");
  const handle = await open(path, "wx+");
  for (let at = 0; at < size; at += MIB) {
    await handle.write(Buffer.alloc(Math.min(MIB, size - at), `piece ${at} `), 0, null, at);
  }
  return {
    handle,
    bytes: await readFile(path),
    async [Symbol.asyncDispose]() {
      await handle.close();
      await rm(directory, { recursive: true });
    },
  };
}

function digest(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest("hex");
}

function patience(): AbortSignal {
  return AbortSignal.timeout(30_000);
}
