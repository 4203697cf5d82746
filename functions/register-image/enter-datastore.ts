import { link, lstat, open, rm, stat } from "node:fs/promises";
import type { AvailableJob } from "../job/job.ts";
import { directDatastore, sourcePath } from "../shared/datastore/direct-datastore.ts";
import type { Deps } from "../shared/step/deps.ts";
import { StartOver } from "../shared/step/errors.ts";
import { systemCode } from "../shared/files/system-code.ts";
import type { FileInDatastore } from "../shared/opennebula/opennebula.ts";
import { syncDirectory } from "../shared/files/sync-directory.ts";
import type { Message } from "./message.ts";

type Artifact = NonNullable<Message["artifact"]>;

/*
 * A disk that was made in a datastore's directory has two names there. `<job>.raw` (or `.qcow2`) is ours: it tells a finished disk of
 * a job, and is removed at the job's end like all that it has staged. The other one, which OpenNebula is told and deletes with the
 * image, looks like those that its own driver gives. Both are hard links to one file, so each party removes its own name
 * and neither can take the disk from the other.
 */

/**
 * Gives a disk that lies in a datastore's directory the name, mode and group that OpenNebula's driver would have given it.
 * Can be repeated at will.
 * @throws StartOver when the disk is gone, or the settings ask for another place by now
 */
export async function enterDatastore(
  job: AvailableJob,
  artifact: Artifact,
  deps: Deps,
  signal: AbortSignal,
): Promise<FileInDatastore> {
  const { path, format, virtualSizeBytes } = artifact;
  const datastore = await directDatastore(job.vo, deps, signal);
  if (datastore === undefined || datastore.id !== artifact.datastoreId) {
    throw new StartOver(
      `${path}: made for datastore ${artifact.datastoreId}, and the settings have changed`,
    );
  }
  const { directory } = datastore;
  const source = sourcePath(datastore, job.id);
  try {
    await using file = await open(path, "r");
    await file.chmod(DRIVER_MODE);
    await file.chown(KEEP, (await stat(directory)).gid);
    await linkOnce(path, source);
  } catch (error) {
    if (systemCode(error) === "ENOENT") {
      throw new StartOver(`${path}: the converted image is gone from the datastore`, {
        cause: error,
      });
    }
    throw error;
  }
  await syncDirectory(directory);
  return { source, format, sizeMb: Math.ceil(virtualSizeBytes / 2 ** 20) };
}

/**
 * Removes the datastore's name of a disk whose job ends without an image. It is ours as long as no image says that it is its SOURCE:
 * all images are looked at, not only those that still carry our attributes.
 */
export async function leaveDatastore(
  job: AvailableJob,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const datastore = await directDatastore(job.vo, deps, signal);
  if (datastore === undefined) {
    return;
  }
  const source = sourcePath(datastore, job.id);
  if (!(await exists(source))) {
    return;
  }
  const images = await deps.opennebula.images(signal);
  if (!images.some((image) => image.source === source)) {
    await rm(source, { force: true });
  }
}

const DRIVER_MODE = 0o660; // as fs/cp of OpenNebula leaves a file
const KEEP = -1;

/** An earlier attempt of the same job may have made the link: what it leads to is the same disk. */
async function linkOnce(path: string, source: string): Promise<void> {
  try {
    await link(path, source);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") {
      throw error;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") {
      return false;
    }
    throw error;
  }
}
