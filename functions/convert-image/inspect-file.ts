import type { FileHandle } from "node:fs/promises";
import { inspectOutput } from "./inspect-output.ts";
import { diskSource, probeGuest, produceDisk } from "./produce-disk.ts";
import { unpackImage, type UnpackedImage } from "./unpack-image.ts";
import { verifyContent } from "./verify-content.ts";
import type { Config } from "../shared/settings/config.ts";
import type { Finding } from "../shared/disk/finding.ts";
import { openImage } from "../shared/disk/image-file.ts";
import { inspectImage } from "../shared/disk/inspect-image.ts";
import { claimOf, type Claim, type DiskFormat } from "../shared/disk/known-formats.ts";
import type { Packing } from "../shared/disk/packed/packing.ts";
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
  /** Ids of the container's disks that are not registered. */
  readonly otherDisks: readonly string[];
  readonly format?: DiskFormat;
  readonly subformat?: string;
  readonly virtualSizeBytes?: number;
  /** At most so many bytes does the disk occupy as a sparse raw file. */
  readonly dataBytes?: number;
  /** Whether everything was read, or headers and tables only. */
  readonly checked: "everything" | "headers";
}

/** What is asked. */
export interface Question {
  /** As the list says it: any spelling; undefined for what is found. */
  readonly format: string | undefined;
  /** Read everything, however large it is. */
  readonly full: boolean;
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
  { format, full, smallBytes = SMALL_BYTES, config }: Question,
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
  await using workspace = await TemporaryWorkspace.create();
  const image = await unpackImage(source, finding, { workspace, config }, signal);
  const { inspection } = image;
  note({
    ...placeOf(inspection),
    format: inspection.format,
    subformat: inspection.subformat,
    virtualSizeBytes: inspection.virtualSizeBytes,
    dataBytes: inspection.dataBytes,
  });
  if (full || size + inspection.dataBytes <= smallBytes) {
    await readAll(source, finding, image, { workspace, config }, signal);
    note({ checked: "everything" });
  } else if (inspection.format !== "raw" && inspection.pieces.length === 1) {
    const disk = await diskSource(image, workspace, signal);
    const probe = await workspace.createFile();
    await probeGuest(disk, inspection, probe, config, signal);
  }
}

async function readAll(
  source: FileHandle,
  finding: Finding,
  image: UnpackedImage,
  { workspace, config }: { readonly workspace: TemporaryWorkspace } & Pick<Question, "config">,
  signal: AbortSignal,
): Promise<void> {
  if (finding.digests.length > 0) {
    await verifyContent(source, { sha512: undefined, digests: finding.digests }, signal);
  }
  const output = await produceDisk(image, { workspace, config }, signal);
  await inspectOutput(output, config, image.inspection, signal);
}

function placeOf({ container, member, otherDisks }: Finding): Partial<Report> {
  return {
    ...(container === undefined ? {} : { container }),
    ...(member === undefined ? {} : { bootDisk: member }),
    otherDisks,
  };
}
