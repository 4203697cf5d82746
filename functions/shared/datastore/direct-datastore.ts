import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, lstat } from "node:fs/promises";
import { join, normalize } from "node:path";
import type { Config } from "../settings/config.ts";
import type { OpenNebula } from "../opennebula/opennebula.ts";
import { errorText } from "../log/error-text.ts";
import { RetryLater } from "../step/errors.ts";
import { chooseDatastore } from "./choose-datastore.ts";

/** What it takes to find out. */
export interface Asking {
  readonly config: Pick<Config, "datastore" | "voDatastores" | "datastoreLocation">;
  readonly opennebula: Pick<OpenNebula, "datastores">;
}

/** A datastore whose directory we write. */
export interface DirectDatastore {
  readonly id: number;
  readonly directory: string;
  /** The same directory, as OpenNebula writes it. */
  readonly basePath: string;
}

/**
 * The datastore into whose directory a VO's disks are made, when VMCATCHER_ONE_DATASTORE_LOCATION asks for that and the datastore is
 * a directory (driver `fs`). Where OpenNebula says that it lies is not believed but compared with the setting: the path comes from
 * outside, and files are written there.
 * @returns undefined when OpenNebula is to copy the disk
 * @throws RetryLater when the directory cannot be written: that is for the administrator to put right, and is no fault of the image
 */
export async function directDatastore(
  vo: string | undefined,
  { config, opennebula }: Asking,
  signal: AbortSignal,
): Promise<DirectDatastore | undefined> {
  if (config.datastoreLocation === undefined) {
    return undefined;
  }
  const datastore = chooseDatastore(vo, config, await opennebula.datastores(signal));
  if (datastore.driver !== "fs") {
    return undefined;
  }
  const directory = join(config.datastoreLocation, String(datastore.id));
  if (normalize(datastore.basePath) !== directory) {
    throw new RetryLater(
      `datastore ${datastore.id} lies in ${JSON.stringify(datastore.basePath)}, not in ${directory}: set VMCATCHER_ONE_DATASTORE_LOCATION to the directory above it, or unset it`,
    );
  }
  await assertWritable(directory);
  return { id: datastore.id, directory, basePath: datastore.basePath };
}

/**
 * The path of a job's disk in a datastore, as OpenNebula's driver would make it: BASE_PATH as it stands (`/var/lib/one//datastores/1`)
 * and 32 hexadecimal digits (md5 of time and id there). The same for every attempt of the job.
 */
export function sourcePath({ basePath }: Pick<DirectDatastore, "basePath">, jobId: string): string {
  return `${basePath}/${createHash("md5").update(`vmcatcher-one ${jobId}`).digest("hex")}`;
}

async function assertWritable(directory: string): Promise<void> {
  try {
    if ((await lstat(directory)).isDirectory()) {
      await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
      return;
    }
  } catch (error) {
    throw new RetryLater(
      `${directory}, the datastore's directory, cannot be written by this user: ${errorText(error)}; let it, or unset VMCATCHER_ONE_DATASTORE_LOCATION`,
      { cause: error },
    );
  }
  throw new RetryLater(`${directory}, where the datastore should lie, is no directory`);
}
