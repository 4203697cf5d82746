import { statfs } from "node:fs/promises";
import type { Inspection } from "../shared/disk/inspect-image.ts";
import { RetryLater } from "../shared/errors.ts";

// Tables of the output, and what others write meanwhile.
const RESERVE_BYTES = 16 * 2 ** 20;

/**
 * Makes sure that a conversion can end before it begins. Counts the data that the image's tables promise, not its virtual size.
 * @throws RetryLater with the numbers
 */
export async function checkSpace(
  directory: string,
  { dataBytes, pieces }: Pick<Inspection, "dataBytes" | "pieces">,
): Promise<void> {
  const assembledBytes = pieces.length > 1 ? pieces.reduce((sum, { size }) => sum + size, 0) : 0;
  const needed = dataBytes + assembledBytes + RESERVE_BYTES;
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < needed) {
    throw new RetryLater(
      `${directory} has ${bavail * bsize} bytes free, the conversion may need ${needed}`,
    );
  }
}
