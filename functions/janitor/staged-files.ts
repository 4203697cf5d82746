import { lstat, rm } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { join, normalize } from "node:path";
import { sourcePath } from "../shared/datastore/direct-datastore.ts";
import type { Deps } from "../shared/step/deps.ts";
import { namesIn } from "../shared/files/names-in.ts";
import type { OpenNebula } from "../shared/opennebula/opennebula.ts";
import { stagingPlaces } from "../shared/staging/staging.ts";
import { unlessMissing } from "../shared/files/unless-missing.ts";
import type { Leftover } from "./leftover.ts";

/**
 * The files of all jobs: the hook's pins, finished disks, what a conversion writes; in staging, and in the datastores whose
 * directories we write. Only names that the hook and the functions give, and only regular files: a link or a directory was put
 * there by somebody else.
 */
export async function stagedFiles({
  config,
  opennebula,
}: Pick<Deps, "config" | "opennebula">): Promise<readonly Leftover[]> {
  const found: Leftover[] = [];
  for (const directory of await stagingPlaces(config)) {
    for (const name of await namesIn(directory)) {
      const owned = ownerOf(name);
      const path = join(directory, name);
      const stats = owned === undefined ? undefined : await regularFile(path);
      if (owned !== undefined && stats !== undefined) {
        const entered =
          owned.kind === "disk" && directory !== config.stagingDirectory
            ? sourcePath({ basePath: directory }, owned.owner.job)
            : undefined;
        found.push({
          ...owned,
          name: path,
          // A pin has the times of vmcatcher's file; the link itself shows in the time of change, which nobody can set.
          touchedAt: Number(stats.mtimeMs > stats.ctimeMs ? stats.mtimeMs : stats.ctimeMs),
          hindrance: undefined,
          remove: async (signal) => {
            if (entered !== undefined) {
              await removeUnregistered(entered, opennebula, signal);
            }
            return await removeUnchanged(path, stats);
          },
        });
      }
    }
  }
  return found;
}

/** A job that ended between giving its disk the datastore's name and registering it left that name, too. */
async function removeUnregistered(
  path: string,
  opennebula: Pick<OpenNebula, "images">,
  signal: AbortSignal,
): Promise<void> {
  const images = await opennebula.images(signal);
  if (!images.some(({ source }) => normalize(source) === path)) {
    await rm(path, { force: true });
  }
}

type Owned =
  | { readonly kind: "pin"; readonly owner: { readonly entry: string } }
  | { readonly kind: (typeof NAMES)[number]["kind"]; readonly owner: { readonly job: string } };

function ownerOf(name: string): Owned | undefined {
  const entry = PIN.exec(name)?.[1];
  if (entry !== undefined) {
    return { kind: "pin", owner: { entry } };
  }
  for (const { kind, pattern } of NAMES) {
    const job = pattern.exec(name)?.[1];
    if (job !== undefined) {
      return { kind, owner: { job } };
    }
  }
  return undefined;
}

/** As vmcatcher-hook gives it. */
const PIN = /^pin-(\d{1,11}\.\d{9}-\d{7,10})$/;
/** As `stagedPaths` gives them. */
const NAMES = [
  { kind: "disk", pattern: /^([0-9a-f]{32})\.(?:raw|qcow2)$/ },
  { kind: "partial", pattern: /^([0-9a-f]{32})\.[0-9a-f]{16}\.partial$/ },
  { kind: "progress", pattern: /^([0-9a-f]{32})\.progress$/ },
  { kind: "warnings", pattern: /^([0-9a-f]{32})\.warnings$/ },
] as const;

/** @returns undefined when there is nothing (any more), or something else */
async function regularFile(path: string): Promise<BigIntStats | undefined> {
  const stats = await unlessMissing(lstat(path, { bigint: true }));
  return stats?.isFile() === true ? stats : undefined;
}

async function removeUnchanged(path: string, seen: BigIntStats): Promise<string | undefined> {
  const now = await regularFile(path);
  if (now !== undefined && (now.ino !== seen.ino || now.mtimeNs !== seen.mtimeNs)) {
    return "it has changed since it was found";
  }
  await rm(path, { force: true });
  return undefined;
}
