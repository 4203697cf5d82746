import type { FileHandle } from "node:fs/promises";
import { inspectOutput, type FinishedDisk } from "./inspect-output.ts";
import { withGuest } from "./guest.ts";
import { WHOLE_FILE } from "./content-digests.ts";
import { digestsOf } from "./digests-of.ts";
import { noSpace } from "./no-space.ts";
import { diskSource, isPlainRaw, probeGuest, produceDisk } from "./produce-disk.ts";
import { unpackImage, type UnpackedImage } from "./unpack-image.ts";
import { verifyContent } from "./verify-content.ts";
import type { Config } from "../shared/settings/config.ts";
import type { Finding, Inspection } from "../shared/disk/finding.ts";
import { openImage } from "../shared/disk/image-file.ts";
import { inspectImage } from "../shared/disk/inspect-image.ts";
import { claimOf, type Claim, type DiskFormat } from "../shared/disk/known-formats.ts";
import type { Packing } from "../shared/disk/packed/packing.ts";
import { convertDisk } from "../shared/disk/qemu-img.ts";
import type { Warning } from "../shared/disk/warning.ts";
import { GiveUp, type Facts } from "../shared/step/errors.ts";
import { TemporaryWorkspace } from "./temporary-workspace.ts";

/** What can be said about an image file. Of a refused one, what was known until then. */
export interface Report {
  readonly file: string;
  readonly verdict: "accepted" | "refused";
  /** Why it is refused; `code` is stable. */
  readonly reason?: { readonly code: string; readonly sentence: string; readonly facts: Facts };
  readonly fileBytes?: number;
  readonly container?: "ova";
  /** How it is packed, the outermost first. */
  readonly packing: readonly Packing[];
  /** The file in the container of the disk that boots, which is the one that is registered. */
  readonly bootDisk?: string;
  /** How that is known. */
  readonly chosenBy?: string;
  /** Ids of the container's disks that are not registered. */
  readonly otherDisks: readonly string[];
  readonly format?: DiskFormat;
  readonly subformat?: string;
  readonly virtualSizeBytes?: number;
  /** At most so many bytes does the disk occupy as a sparse raw file. */
  readonly dataBytes?: number;
  /** What says that its content is a disk, in words; absent where that could not be looked for. */
  readonly evidence?: readonly string[];
  /** What is unusual about it; it is taken all the same. */
  readonly warnings: readonly Warning[];
  /** Whether everything was read, or headers and tables only. */
  readonly checked: "everything" | "headers";
  /** What OpenNebula would be given, when that was asked for. */
  readonly disk?: MadeDisk;
}

/** A disk in the site's format. */
interface MadeDisk {
  readonly format: Config["format"];
  /** Length of its file. */
  readonly sizeBytes: number;
  /** Of the disk as a guest reads it, which is the file itself when that is raw. */
  readonly sha256: string;
}

/** What is asked. */
export interface Question {
  /** As the list says it: any spelling; undefined for what is found. */
  readonly format: string | undefined;
  /** Read everything, however large it is. */
  readonly full: boolean;
  /** Make the disk as well, to tell its digest; so everything is read. */
  readonly convert?: boolean;
  /** Where to unpack and to convert; below `TMPDIR` by default. */
  readonly directory?: string | undefined;
  /** An image up to this size is read in full anyway. */
  readonly smallBytes?: number;
  readonly config: Pick<
    Config,
    | "format"
    | "maxVirtualSizeBytes"
    | "severalDisks"
    | "unrecognised"
    | "convertTimeoutSeconds"
    | "convertWorkers"
  >;
}

/**
 * Looks at an image as the step `convert-image` does, without a job: by the same functions in the same order, in a temporary
 * directory. What a conversion alone finds out (damage in the data, a wrong digest in an OVA's manifest) is looked for in small
 * images only, unless `full` asks for it.
 * @throws RetryLater without space or a program that it takes; what `open` throws
 */
export async function inspectFile(
  file: string,
  question: Question,
  signal: AbortSignal,
): Promise<Report> {
  let report: Report = {
    file,
    verdict: "accepted",
    packing: [],
    otherDisks: [],
    warnings: [],
    checked: "headers",
  };
  const note = (facts: Partial<Report>) => {
    report = { ...report, ...facts };
  };
  try {
    await examine(file, question, note, signal);
  } catch (error) {
    if (!(error instanceof GiveUp)) {
      throw error;
    }
    const { code, message: sentence, facts } = error;
    note({ verdict: "refused", reason: { code, sentence, facts } });
  }
  return report;
}

const SMALL_BYTES = 256 * 2 ** 20; // a second or two

async function examine(
  file: string,
  { format, full, convert = false, directory, smallBytes = SMALL_BYTES, config }: Question,
  note: (facts: Partial<Report>) => void,
  signal: AbortSignal,
): Promise<void> {
  const claim: Claim | undefined = claimOf(format);
  await using source = await openImage(file);
  const { size } = await source.stat();
  note({ fileBytes: size });
  const { maxVirtualSizeBytes, severalDisks, unrecognised } = config;
  const rules = { claim, maxVirtualSizeBytes, severalDisks, unrecognised };
  const finding = await inspectImage(source, rules, signal);
  const packing = finding.packing === undefined ? [] : [finding.packing];
  note({ packing, ...placeOf(finding) });
  await using workspace = await TemporaryWorkspace.create(directory);
  const image = await unpackImage(source, finding, { workspace, config }, signal);
  const { inspection } = image;
  note({
    ...placeOf(inspection),
    format: inspection.format,
    subformat: inspection.subformat,
    virtualSizeBytes: inspection.virtualSizeBytes,
    dataBytes: inspection.dataBytes,
    ...(inspection.format === "raw" ? { evidence: inspection.evidence } : {}),
  });
  if (full || convert || size + inspection.dataBytes <= smallBytes) {
    const means = { workspace, config };
    const { output, guest } = await readAll(source, finding, image, means, signal);
    note({ ...withGuest(inspection, guest), checked: "everything" });
    if (convert) {
      note({ disk: await madeDisk(output, inspection, means, signal) });
    }
  } else if (inspection.format !== "raw" && inspection.pieces.length === 1) {
    const disk = await diskSource(image, workspace, signal);
    const probe = await workspace.createFile();
    note(withGuest(inspection, await probeGuest(disk, inspection, probe, config, signal)));
  }
}

interface Means extends Pick<Question, "config"> {
  readonly workspace: TemporaryWorkspace;
}

async function readAll(
  source: FileHandle,
  finding: Finding,
  image: UnpackedImage,
  { workspace, config }: Means,
  signal: AbortSignal,
): Promise<Pick<FinishedDisk, "guest"> & { readonly output: FileHandle }> {
  if (finding.digests.length > 0) {
    await verifyContent(source, { digest: undefined, digests: finding.digests }, signal);
  }
  const isDisk = config.format === "raw" && isPlainRaw(finding); // as a pin, which is not copied either
  const disk = isDisk
    ? { handle: source }
    : await produceDisk(image, { workspace, config }, signal);
  const { guest } = await inspectOutput(disk, config, image.inspection, signal);
  return { output: disk.handle, guest };
}

/**
 * Of what the finished disk holds, which takes one more conversion for qcow2. Nothing can be said of the file of one: qemu-img writes
 * on several cores, and puts the clusters in another order each time.
 */
async function madeDisk(
  output: FileHandle,
  { virtualSizeBytes }: Pick<Inspection, "virtualSizeBytes">,
  { workspace, config }: Means,
  signal: AbortSignal,
): Promise<MadeDisk> {
  const { format, convertTimeoutSeconds: timeoutSeconds } = config;
  const { size } = await output.stat();
  let raw = output;
  if (format !== "raw") {
    const back = await workspace.createFile();
    const source = { handle: output, format };
    const conversion = { source, target: back.path, virtualSizeBytes, timeoutSeconds };
    await noSpace(back.path, convertDisk({ ...conversion, format: "raw" }, signal));
    raw = back.handle;
  }
  const order = { algorithm: "sha256", range: WHOLE_FILE } as const;
  const [sha256 = ""] = await digestsOf(raw, [order], signal);
  return { format, sizeBytes: size, sha256 };
}

function placeOf({ container, member, chosenBy, otherDisks, warnings }: Finding): Partial<Report> {
  return {
    ...(container === undefined ? {} : { container }),
    ...(member === undefined ? {} : { bootDisk: member }),
    ...(chosenBy === undefined ? {} : { chosenBy }),
    otherDisks,
    warnings,
  };
}
