import type { Inspection } from "../../functions/shared/disk/finding.ts";
import { judge } from "./judge.ts";

/**
 * Asks of a raw disk that we have accepted whether we would stay with that. One with a partition table stays a disk, whatever its
 * code begins with. One in which nothing was found is said to be doubtful, and the same bytes behind the beginning of an archive
 * are none any more.
 * @returns what is wrong with us, if anything
 */
export async function rawFault(
  bytes: Buffer,
  { format, container, evidence, warnings }: Inspection,
  declaredFormat: string,
): Promise<string | undefined> {
  if (format !== "raw" || container !== undefined) {
    return undefined;
  }
  const isDoubtful = warnings.some(({ code }) => code === "unrecognised");
  if (isDoubtful !== (evidence.length === 0)) {
    return `found ${evidence.join(", ") || "nothing"} in it, and warns of ${warnings.length} things`;
  }
  const hasTable = evidence.some((what) => what.startsWith("partition table"));
  if (!hasTable && !isDoubtful) {
    return undefined; // its evidence may be in the very bytes that would be changed
  }
  const beginning = BEGINNINGS[bytes.length % BEGINNINGS.length] ?? Buffer.alloc(0);
  if (bytes.length < beginning.length) {
    return undefined;
  }
  const changed = Buffer.from(bytes);
  beginning.copy(changed);
  const { verdict } = await judge(changed, declaredFormat);
  const expected = hasTable ? "accepted" : "refused";
  return verdict === expected
    ? undefined
    : `with ${evidence.join(", ") || "nothing"} and ${beginning.toString("hex")} in front: ${verdict}, not ${expected}`;
}

/** Of lz4, lzop, lzip, cpio, ar, ELF, WIM, and three that are told by two bytes: compress, MZ, old cpio. */
const BEGINNINGS: readonly Buffer[] = [
  "\x04\x22\x4D\x18\x64\x40\xA7",
  "\x89LZO\0\r\n\x1A\n",
  "LZIP\x01",
  "070701",
  "!<arch>\n",
  "\x7FELF\x02\x01\x01",
  "MSWIM\0\0\0",
  "\x1F\x9D\x90",
  "MZ\x90",
  "\xC7\x71",
].map((text) => Buffer.from(text, "latin1"));
