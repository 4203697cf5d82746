import { lstat, rm } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { join } from "node:path";
import type { Config } from "../shared/config.ts";
import { namesIn } from "../shared/names-in.ts";
import type { Leftover } from "./leftover.ts";

/**
 * The files of all jobs in staging: the hook's pins, finished disks, what a conversion writes. Only names that the hook and
 * the functions give, and only regular files: a link or a directory was put there by somebody else.
 */
export async function stagedFiles({
  stagingDirectory,
}: Pick<Config, "stagingDirectory">): Promise<readonly Leftover[]> {
  const found: Leftover[] = [];
  for (const name of await namesIn(stagingDirectory)) {
    const owned = ownerOf(name);
    const path = join(stagingDirectory, name);
    const stats = owned === undefined ? undefined : await regularFile(path);
    if (owned !== undefined && stats !== undefined) {
      found.push({
        ...owned,
        name: path,
        // A pin has the times of vmcatcher's file; the link itself shows in the time of change, which nobody can set.
        touchedAt: Number(stats.mtimeMs > stats.ctimeMs ? stats.mtimeMs : stats.ctimeMs),
        hindrance: undefined,
        remove: () => removeUnchanged(path, stats),
      });
    }
  }
  return found;
}

function ownerOf(name: string): Pick<Leftover, "kind" | "owner"> | undefined {
  for (const { kind, pattern } of NAMES) {
    const { job, entry } = pattern.exec(name)?.groups ?? {};
    if (job !== undefined) {
      return { kind, owner: { job } };
    }
    if (entry !== undefined) {
      return { kind, owner: { entry } };
    }
  }
  return undefined;
}

/** As vmcatcher-hook and `stagedPaths` give them. */
const NAMES: readonly { readonly kind: Leftover["kind"]; readonly pattern: RegExp }[] = [
  { kind: "pin", pattern: /^pin-(?<entry>\d{1,11}\.\d{9}-\d{7,10})$/ },
  { kind: "disk", pattern: /^(?<job>[0-9a-f]{32})\.(?:raw|qcow2)$/ },
  { kind: "partial", pattern: /^(?<job>[0-9a-f]{32})\.[0-9a-f]{16}\.partial$/ },
  { kind: "progress", pattern: /^(?<job>[0-9a-f]{32})\.progress$/ },
];

/** @returns undefined when there is nothing (any more), or something else */
async function regularFile(path: string): Promise<BigIntStats | undefined> {
  try {
    const stats = await lstat(path, { bigint: true });
    return stats.isFile() ? stats : undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

async function removeUnchanged(path: string, seen: BigIntStats): Promise<string | undefined> {
  const now = await regularFile(path);
  if (now !== undefined && (now.ino !== seen.ino || now.mtimeNs !== seen.mtimeNs)) {
    return "it has changed since it was found";
  }
  await rm(path, { force: true });
  return undefined;
}
