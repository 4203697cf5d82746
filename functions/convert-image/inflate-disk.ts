import { inflateGrains } from "../shared/disk/grains/inflate-grains.ts";
import type { Inspection } from "../shared/disk/finding.ts";
import type { GrainLayout } from "../shared/disk/limits.ts";
import { convertDisk, type DiskSource } from "../shared/disk/qemu-img.ts";
import { inspectGuest, refuseNested } from "./guest.ts";
import { noSpace } from "./no-space.ts";
import type { ProducedDisk, Production } from "./production.ts";
import { WriteBack } from "./write-back.ts";

/**
 * Makes the disk of a VMDK with compressed grains on all cores. For a format other than raw, the raw disk is a step on the way:
 * written twice, it still takes half of the time and two thirds of the processor that qemu-img takes, which inflates on one core.
 * @throws as `inflateGrains` and `convertDisk`; GiveUp `nested-format`, `unrecognised`; RetryLater without space
 */
export async function inflateDisk(
  source: DiskSource,
  inspection: Pick<Inspection, "virtualSizeBytes" | "dataBytes">,
  grains: GrainLayout,
  { workspace, config, onProgress }: Production,
  signal: AbortSignal,
): Promise<ProducedDisk> {
  const { virtualSizeBytes, dataBytes } = inspection;
  const timeoutSeconds = config.convertTimeoutSeconds;
  const isResult = config.format === "raw";
  const raw = await workspace.createFile();
  const guestDisk = { handle: raw.handle, diskBytes: virtualSizeBytes };
  const writeBack = new WriteBack(raw.handle, virtualSizeBytes);
  const conversion = {
    source: source.handle,
    range: source.range ?? { offset: 0, size: (await source.handle.stat()).size },
    grains,
    virtualSizeBytes,
    dataBytes,
    target: raw.handle,
    workers: config.convertWorkers,
    timeoutSeconds,
    checkHead: () => refuseNested(guestDisk),
    onProgress: (percent: number) => {
      onProgress?.(isResult ? percent : percent * INFLATING_SHARE);
      if (isResult) {
        writeBack.advance(percent); // a step on the way is best never written
      }
    },
  };
  await noSpace(raw.path, writeBack.during(inflateGrains(conversion, signal)));
  if (isResult) {
    return raw;
  }
  const guest = await inspectGuest(guestDisk, config);
  const output = await workspace.createFile();
  await convertDisk(
    {
      source: { handle: raw.handle, format: "raw" },
      target: output.path,
      format: config.format,
      virtualSizeBytes,
      timeoutSeconds,
      onProgress: (percent) =>
        onProgress?.(100 * INFLATING_SHARE + percent * (1 - INFLATING_SHARE)),
    },
    signal,
  );
  return { ...output, guest };
}

/** Of the time for a format other than raw. */
const INFLATING_SHARE = 0.7;
