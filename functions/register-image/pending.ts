import { access } from "node:fs/promises";
import type { AvailableJob } from "../job/job.ts";
import type { Deps } from "../shared/step/deps.ts";
import { GiveUp, RetryLater, StartOver } from "../shared/step/errors.ts";
import { RpcFault } from "../shared/opennebula/rpc-errors.ts";
import { systemCode } from "../shared/files/system-code.ts";
import { JOB, newImageAttributes, pendingName } from "../shared/lineage/attributes.ts";
import { freshImage } from "../shared/lineage/fresh-look.ts";
import { isComplete, sharingItsDisk } from "../shared/lineage/lineage.ts";
import { isNameTaken } from "../shared/opennebula/faults.ts";
import type { FileInDatastore, FileToCopy, Image } from "../shared/opennebula/opennebula.ts";
import { chooseDatastore } from "../shared/datastore/choose-datastore.ts";
import { enterDatastore, leaveDatastore } from "./enter-datastore.ts";
import type { Message } from "./message.ts";

type Artifact = NonNullable<Message["artifact"]>;
/** The message of an available event. */
type Announced = Message & { readonly job: AvailableJob };

/**
 * The job's image under its temporary name, with all its content: one that an earlier attempt left, or a new one.
 * @throws GiveUp `copy-failed` when OpenNebula could not copy the file; the failed image is deleted
 * @throws GiveUp `source-gone` when nothing is left of an earlier attempt, nor of the file
 * @throws RetryLater when the copy did not end in time
 * @throws StartOver when nothing is left of the image that made a conversion needless, or of the converted one
 */
export async function completePending(
  message: Announced,
  images: readonly Image[],
  deps: Deps,
  signal: AbortSignal,
): Promise<Image> {
  const { job, artifact } = message;
  const id = findPending(job, images)?.id ?? (await allocate(message, deps, signal));
  let waitedMs = 0; // not by the wall clock: one that is set forward must not end a copy
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const image = await deps.opennebula.image(id, signal);
    if (image === undefined || image.state === "DELETE") {
      throw new RetryLater(`image ${id}: deleted while OpenNebula copied it`);
    }
    if (image.name !== pendingName(job)) {
      return image; // another delivery of the job was faster: the image is live, and its rights are its owner's
    }
    await hide(image, deps, signal);
    if (isComplete(image)) {
      return image;
    }
    if (image.state === "ERROR") {
      await deps.opennebula.delete(id, false, signal);
      throw new GiveUp(
        "copy-failed",
        `image ${id}: OpenNebula could not copy its file: ${reasonOf(image)}${hintOf(artifact)}`,
        { facts: { imageId: id, path: artifact?.path ?? "" } },
      );
    }
    if (waitedMs >= deps.config.copyTimeoutSeconds * 1000) {
      // oned leaves an image LOCKED for ever when it is restarted during the copy; only force deletes it then.
      await deps.opennebula.delete(id, true, signal);
      throw new RetryLater(
        `image ${id}: still ${image.state} after ${deps.config.copyTimeoutSeconds} s, deleted`,
      );
    }
    await deps.clock.sleep(pause, signal);
    waitedMs += pause;
  }
}

/** Deletes what the job has made and nobody has seen yet, wherever that is. */
export async function deletePending(
  job: AvailableJob,
  images: readonly Image[],
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  if (!(await deleteUnnamed(job, images, deps, signal))) {
    await leaveDatastore(job, deps, signal);
  }
}

/**
 * Deletes the job's image that has its temporary name: also a second one, which a late call can make as soon as the first one has
 * left that name. If both were made of one disk in the datastore, the second would take it along: it stays. So does one that has
 * left that name since it was looked at: another attempt has made it live.
 * @returns whether there was one
 */
export async function deleteUnnamed(
  job: AvailableJob,
  images: readonly Image[],
  deps: Deps,
  signal: AbortSignal,
): Promise<boolean> {
  const pending = findPending(job, images);
  if (pending === undefined) {
    return false;
  }
  const first = sharingItsDisk(pending, images);
  const now = await freshImage(pending.id, deps, signal);
  if (now?.name !== pending.name) {
    deps.log.info({ imageId: pending.id, name: now?.name }, "another attempt was faster");
  } else if (first === undefined) {
    await deps.opennebula.delete(pending.id, true, signal);
    deps.log.info({ imageId: pending.id }, "pending image deleted");
  } else {
    deps.log.error(
      { imageId: pending.id, first: first.id },
      "two images have one disk: to delete one of them would take it from the other",
    );
  }
  return true;
}

const FIRST_PAUSE_MS = 50; // the copy of a small image takes 0.2-0.6 s
const LONGEST_PAUSE_MS = 5_000;

/** The image that the job has made, as long as it has its temporary name. */
export function findPending(job: AvailableJob, images: readonly Image[]): Image | undefined {
  return images.find(
    (image) => image.name === pendingName(job) && image.attributes.get(JOB) === job.id,
  );
}

async function allocate(message: Announced, deps: Deps, signal: AbortSignal): Promise<number> {
  const { job, artifact } = message;
  const file = await allocatable(message, deps, signal);
  try {
    const id = await deps.opennebula.allocate(
      { name: pendingName(job), attributes: newImageAttributes(job, artifact?.warnings), ...file },
      signal,
    );
    deps.log.info({ imageId: id, datastoreId: file.datastoreId }, "image allocated");
    return id;
  } catch (error) {
    if (error instanceof RpcFault && isNameTaken(error)) {
      // An earlier call whose answer was lost has made it meanwhile, or it is being deleted: the next attempt will see.
      throw new RetryLater(`image name ${pendingName(job)}: taken: ${error.message}`, {
        afterSeconds: 1,
        cause: error,
      });
    }
    throw error;
  }
}

async function allocatable(
  { job, artifact, unchanged }: Announced,
  deps: Deps,
  signal: AbortSignal,
): Promise<{ readonly datastoreId: number } & (FileToCopy | FileInDatastore)> {
  if (artifact === undefined && unchanged) {
    throw new StartOver(`image ${job.identifier}: the live image that held this content is gone`);
  }
  if (artifact === undefined) {
    throw new GiveUp(
      "source-gone",
      `image ${job.identifier}: no image holds this content, and ${job.source.path}, its pin, was removed when the job ended or was refused: ` +
        "discard this, then vmcatcher-one reconcile apply announces it again",
      { facts: { path: job.source.path } },
    );
  }
  const { path, sha1, datastoreId } = artifact;
  if (datastoreId !== undefined) {
    return { datastoreId, ...(await enterDatastore(job, artifact, deps, signal)) };
  }
  await assertStaged(artifact);
  const { id } = chooseDatastore(job.vo, deps.config, await deps.opennebula.datastores(signal));
  return { datastoreId: id, path, sha1 };
}

async function assertStaged(artifact: Artifact): Promise<void> {
  try {
    await access(artifact.path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") {
      throw error; // a disk in trouble: to start over would put the job behind what was announced since
    }
    throw new StartOver(`${artifact.path}: the converted image is gone from staging`, {
      cause: error,
    });
  }
}

/** A UMASK of the service user can make a new image readable for others. */
async function hide(image: Image, deps: Deps, signal: AbortSignal): Promise<void> {
  if (!image.mode.endsWith("00")) {
    await deps.opennebula.chmod(image.id, "600", signal);
  }
}

/** OpenNebula 7 tells a copy that went wrong in the same words, whatever the reason. */
function hintOf(artifact: Artifact | undefined): string {
  return artifact?.sha1 === undefined
    ? ""
    : ` (or its copy has not the SHA1 of the file, ${artifact.sha1}: look at the datastore's disks, then replay this)`;
}

function reasonOf(image: Image): string {
  return image.attributes.get("ERROR") ?? "no reason given, see oned.log";
}
