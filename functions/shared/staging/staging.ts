import { readFile, rm } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import * as z from "zod";
import type { Job } from "../../job/job.ts";
import type { Config } from "../settings/config.ts";
import { namesIn } from "../files/names-in.ts";

/** How far a conversion is, as it tells the operator in a file beside it. */
const progressSchema = z.object({
  jobId: z.string(),
  identifier: z.string(),
  title: z.string().optional(),
  /** What is being done, in a word or two. */
  step: z.string(),
  /** 0 to 100. */
  percent: z.number(),
  /** Length of the source file. */
  bytes: z.number().optional(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  /** When the step began. */
  stepStartedAt: z.string().optional(),
  updatedAt: z.string(),
});
export type Progress = z.infer<typeof progressSchema>;

type Places = Pick<Config, "stagingDirectory"> & Partial<Pick<Config, "datastoreLocation">>;

/** The names of a job's files in a directory, staging or that of a datastore; all begin with the job's id and a dot. */
export function stagedPaths(directory: string, jobId: string) {
  const path = (end: string) => join(directory, `${jobId}.${end}`);
  return {
    /** A finished disk: it gets this name when it is complete, verified and on stable storage. */
    artifact: (format: Config["format"]) => path(format),
    /** What one attempt is writing. @param random keeps attempts apart that run at the same time */
    partial: (random: string) => path(`${random}${PARTIAL}`),
    progress: path("progress"),
    /** What is unusual about the image of a finished disk; absent when there is nothing. */
    warnings: path("warnings"),
  };
}

/**
 * Removes everything that a job has staged: the pin of the source, the finished disk, leftovers of failed attempts, also from the
 * datastores' directories. What is gone already is fine. A source outside of staging (the hook could not pin it) is vmcatcher's and
 * stays, and so does a disk that OpenNebula has taken over: it has another name.
 */
export async function removeStaged(config: Places, job: Job): Promise<void> {
  for (const directory of await stagingPlaces(config)) {
    for (const name of await stagedNames(directory, job.id)) {
      await rm(join(directory, name), { force: true });
    }
  }
  await removePin(config, job);
}

/** The directories in which disks are made. */
export async function stagingPlaces({
  stagingDirectory,
  datastoreLocation,
}: Places): Promise<readonly string[]> {
  if (datastoreLocation === undefined) {
    return [stagingDirectory];
  }
  const ids = (await namesIn(datastoreLocation)).filter((name) => /^\d+$/.test(name));
  return [stagingDirectory, ...ids.map((id) => join(datastoreLocation, id))];
}

/** Removes the hard link that the hook made, and nothing else. */
async function removePin(
  { stagingDirectory }: Pick<Config, "stagingDirectory">,
  job: Job,
): Promise<void> {
  if (
    job.event === "available" &&
    job.source.pinned &&
    isInside(stagingDirectory, job.source.path)
  ) {
    await rm(job.source.path, { force: true });
  }
}

/** The names in a directory that belong to a job. */
export async function stagedNames(directory: string, jobId: string): Promise<readonly string[]> {
  return (await namesIn(directory)).filter((name) => name.startsWith(`${jobId}.`));
}

/** Whether a name in staging is that of an unfinished file. */
export function isPartial(name: string): boolean {
  return name.endsWith(PARTIAL);
}

/** Whether `path` is, as it is written, strictly below `directory`. */
export function isInside(directory: string, path: string): boolean {
  return path === resolve(path) && path.startsWith(resolve(directory) + sep);
}

/** What is being converted now. Files that vanish or cannot be read as progress are left out: the work does not depend on them. */
export async function readProgress(stagingDirectory: string): Promise<readonly Progress[]> {
  const found: Progress[] = [];
  for (const name of await namesIn(stagingDirectory)) {
    const progress = name.endsWith(".progress")
      ? await readOne(join(stagingDirectory, name))
      : undefined;
    if (progress !== undefined) {
      found.push(progress);
    }
  }
  return found.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
}

const PARTIAL = ".partial";

async function readOne(path: string): Promise<Progress | undefined> {
  try {
    return progressSchema.safeParse(JSON.parse(await readFile(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}
