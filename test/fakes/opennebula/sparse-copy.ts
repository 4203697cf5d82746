import { createHash, type Hash } from "node:crypto";
import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** Copies a file, leaving holes where there are only zeros. @returns the digests of what was read @throws as node:fs does */
export async function copySparse(
  from: FileHandle,
  to: string,
  algorithms: readonly string[],
): Promise<readonly string[]> {
  await mkdir(dirname(to), { recursive: true });
  await using target = await open(to, "w");
  const digests: Hash[] = algorithms.map((algorithm) => createHash(algorithm));
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let position = 0;
  for (;;) {
    const { bytesRead } = await from.read(block, 0, BLOCK_BYTES, position);
    if (bytesRead === 0) {
      break;
    }
    const data = block.subarray(0, bytesRead);
    for (const digest of digests) {
      digest.update(data);
    }
    if (!data.equals(ZEROS.subarray(0, bytesRead))) {
      await target.write(data, 0, bytesRead, position);
    }
    position += bytesRead;
  }
  await target.truncate(position);
  return digests.map((digest) => digest.digest("hex"));
}

const BLOCK_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(BLOCK_BYTES);
