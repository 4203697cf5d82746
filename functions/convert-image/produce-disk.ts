import type { Config } from "../shared/settings/config.ts";
import type { FileHandle } from "node:fs/promises";
import { copyRange } from "../shared/disk/copy-range.ts";
import type { Finding, Inspection } from "../shared/disk/finding.ts";
import { convertDisk, type DiskSource } from "../shared/disk/qemu-img.ts";
import { alongside } from "./alongside.ts";
import type { PartialFile, Workspace } from "./attempt.ts";
import { cloneFile } from "./clone-file.ts";
import { inspectGuest, type Guest } from "./guest.ts";
import { inflateDisk } from "./inflate-disk.ts";
import { noSpace } from "./no-space.ts";
import type { ProducedDisk, Production } from "./production.ts";
import { checkSpace } from "./space.ts";
import type { UnpackedImage } from "./unpack-image.ts";
import { WriteBack } from "./write-back.ts";

/**
 * Makes the disk of an inspected image in the site's format.
 * @throws as `convertDisk`; GiveUp `nested-format`, `unrecognised`; RetryLater without space
 */
export async function produceDisk(
  image: UnpackedImage,
  production: Production,
  signal: AbortSignal,
): Promise<ProducedDisk> {
  const { source, file, inspection } = image;
  const { workspace, config } = production;
  const { grains, dataBytes, pieces } = inspection;
  const isRaw = inspection.format === "raw" && config.format === "raw";
  if (isRaw && file !== undefined) {
    return file; // what was unpacked is the disk
  }
  const copies = grains === undefined || config.format === "raw" ? 1 : 2;
  await checkSpace(workspace.directory, { dataBytes: copies * dataBytes, pieces });
  if (grains !== undefined) {
    const disk = await diskSource(image, workspace, signal);
    return await inflateDisk(disk, inspection, grains, production, signal);
  }
  if (!isRaw) {
    return await convertWithQemu(image, production, signal);
  }
  const [range] = pieces;
  if (pieces.length === 1 && range?.size === (await source.stat()).size) {
    const clone = await cloneFile(source, workspace);
    if (clone !== undefined) {
      return clone;
    }
  }
  // Not by qemu-img: it would round the length up to whole sectors.
  const output = await workspace.createFile();
  const copying = copyRanges(source, pieces, output.handle, signal, production.onProgress);
  await noSpace(output.path, copying);
  return output;
}

/** Whether a file is the disk itself, to the byte. */
export function isPlainRaw(finding: Finding): finding is Inspection & { readonly format: "raw" } {
  return (
    finding.packing === undefined && finding.container === undefined && finding.format === "raw"
  );
}

/**
 * Looks at the beginning of a guest's disk before all of it is converted. That is told in no time; beside a conversion it spares
 * hours of it.
 * @param probe an empty file; it holds the beginning of the guest's disk in the end
 * @throws as `convertDisk`; GiveUp `nested-format`, `unrecognised`
 */
export async function probeGuest(
  source: DiskSource,
  { virtualSizeBytes }: Pick<Inspection, "virtualSizeBytes">,
  probe: PartialFile,
  config: Pick<Config, "convertTimeoutSeconds" | "unrecognised">,
  signal: AbortSignal,
): Promise<Guest> {
  const timeoutSeconds = config.convertTimeoutSeconds;
  const guestRange = { offset: 0, size: Math.min(HEAD_BYTES, virtualSizeBytes) };
  const common = { source, target: probe.path, virtualSizeBytes, timeoutSeconds };
  await convertDisk({ ...common, guestRange, format: "raw" }, signal);
  return await inspectGuest({ handle: probe.handle, diskBytes: virtualSizeBytes }, config);
}

const HEAD_BYTES = 256 * 1024; // all that tells a disk, but the copy of a GPT at its end
/** A raw disk is looked at when it is finished. Less than this is finished in seconds, and not worth another qemu-img. */
const PROBE_BYTES = 2 * 2 ** 30;

async function convertWithQemu(
  image: UnpackedImage,
  { workspace, config, onProgress }: Production,
  signal: AbortSignal,
): Promise<ProducedDisk> {
  const { inspection } = image;
  const output = await workspace.createFile();
  const source = await diskSource(image, workspace, signal);
  const writeBack = new WriteBack(output.handle, inspection.virtualSizeBytes);
  const conversion = {
    source,
    target: output.path,
    virtualSizeBytes: inspection.virtualSizeBytes,
    timeoutSeconds: config.convertTimeoutSeconds,
    format: config.format,
    onProgress: (percent: number) => {
      onProgress?.(percent);
      writeBack.advance(percent);
    },
  };
  const convert = (stop: AbortSignal) =>
    noSpace(output.path, writeBack.during(convertDisk(conversion, stop)));
  if (config.format === "raw" && inspection.dataBytes < PROBE_BYTES) {
    await convert(signal);
    return output;
  }
  const probe = await workspace.createFile();
  let guest: Guest | undefined;
  await alongside(
    async (stop) => {
      guest = await probeGuest(source, inspection, probe, config, stop);
    },
    convert,
    signal,
  );
  return guest === undefined ? output : { ...output, guest };
}

/** qemu-img reads one range of a file in place; what is in chunks is put together first. */
export async function diskSource(
  { source, inspection: { format, driverOptions = {}, pieces } }: UnpackedImage,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<DiskSource> {
  const [range, ...more] = pieces;
  if (range !== undefined && more.length === 0) {
    const { size } = await source.stat();
    const disk = { handle: source, format, driverOptions };
    return range.size === size ? disk : { ...disk, range };
  }
  const whole = await workspace.createFile();
  await noSpace(whole.path, copyRanges(source, pieces, whole.handle, signal));
  return { handle: whole.handle, format, driverOptions };
}

async function copyRanges(
  source: FileHandle,
  pieces: Inspection["pieces"],
  target: FileHandle,
  signal: AbortSignal,
  onProgress?: (percent: number) => void,
): Promise<void> {
  const total = pieces.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const piece of pieces) {
    const start = done;
    await copyRange(source, piece, { handle: target, offset: start }, signal, (bytes) =>
      onProgress?.((100 * (start + bytes)) / total),
    );
    done += piece.size;
  }
}
