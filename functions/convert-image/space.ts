import { statfs } from "node:fs/promises";
import type { Inspection } from "../shared/disk/finding.ts";
import { RetryLater } from "../shared/step/errors.ts";

// Tables of the output, and what others write meanwhile.
const RESERVE_BYTES = 16 * 2 ** 20;
/** What is unpacked has no size that could be believed; this much is kept free, and asked for while the file grows. */
const UNPACKING_RESERVE_BYTES = 256 * 2 ** 20;

/**
 * Makes sure that a conversion can end before it begins. Counts the data that the image's tables promise, not its virtual size.
 * @throws RetryLater with the numbers
 */
export async function checkSpace(
  directory: string,
  { dataBytes, pieces }: Pick<Inspection, "dataBytes" | "pieces">,
): Promise<void> {
  const assembledBytes = pieces.length > 1 ? pieces.reduce((sum, { size }) => sum + size, 0) : 0;
  await checkFree(directory, "the conversion", dataBytes + assembledBytes + RESERVE_BYTES);
}

/**
 * Makes sure that unpacking can go on.
 * @throws RetryLater with the numbers
 */
export async function checkUnpackingSpace(directory: string): Promise<void> {
  await checkFree(directory, "unpacking", UNPACKING_RESERVE_BYTES);
}

async function checkFree(directory: string, what: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < needed) {
    throw new RetryLater(
      `${directory} has ${bavail * bsize} bytes free, ${what} may need ${needed}`,
    );
  }
}
