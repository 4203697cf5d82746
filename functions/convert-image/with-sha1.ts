import { open } from "node:fs/promises";
import type { Converted } from "../job/artifact.ts";
import type { Config } from "../shared/settings/config.ts";
import { WHOLE_FILE } from "./content-digests.ts";
import { digestsOf } from "./digests-of.ts";

type Artifact = NonNullable<Converted["artifact"]>;

/**
 * A finished disk with its SHA1, where OpenNebula is to verify its copy of it; else the disk as it is. Of the digests that the lists
 * have, OpenNebula verifies none, and of its own two MD5 counts only without SHA1. The disk is read for it, from memory as far as
 * what has just been written is still there: it could not be done while writing, since a disk is not written in its order.
 * @throws what node:fs throws; the signal's reason when aborted
 */
export async function withSha1(
  artifact: Artifact,
  config: Pick<Config, "verifyCopy">,
  signal: AbortSignal,
): Promise<Artifact> {
  const isCopied = artifact.datastoreId === undefined;
  if (config.verifyCopy === "off" || !isCopied || artifact.sha1 !== undefined) {
    return artifact;
  }
  await using disk = await open(artifact.path, "r");
  const [sha1] = await digestsOf(disk, [{ algorithm: "sha1", range: WHOLE_FILE }], signal);
  return { ...artifact, sha1 };
}
