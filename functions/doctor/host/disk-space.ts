import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";
import { error, ok, warning, type Check, type Verdict } from "../check.ts";
import { gibibytes } from "../gibibytes.ts";
import { nearestExisting } from "../resolve-path.ts";

/** Space for what is being converted. */
export const diskSpace: Check = {
  name: "disk-space",
  looksAt: "free space below VMCATCHER_ONE_HOME",
  look: async ({ config }) => {
    const path = await nearestExisting(config.stagingDirectory);
    return judgeSpace(path, await statfs(path));
  },
};

/** What is to be said of a file system with so much room. */
export function judgeSpace(
  path: string,
  { bavail, bsize, files, ffree }: Pick<StatsFs, "bavail" | "bsize" | "files" | "ffree">,
): Verdict {
  const free = bavail * bsize;
  const seen = `${path} has ${gibibytes(free)} free`;
  const fix =
    "make room there, or move VMCATCHER_ONE_HOME to a larger file system (that of vmcatcher's cache)";
  if (files > 0 && ffree === 0) {
    return error(`${path} has no inode free: no file can be made`, fix);
  }
  if (free < TOO_LITTLE_BYTES) {
    return error(`${seen}: conversions wait for space`, fix);
  }
  return free < LITTLE_BYTES ? warning(`${seen}, which a large image may fill`, fix) : ok(seen);
}

const TOO_LITTLE_BYTES = 2 ** 30;
const LITTLE_BYTES = 10 * 2 ** 30; // an ordinary image is 1 to 10 GiB when it is unpacked
