import type { FileHandle } from "node:fs/promises";
import type { Config } from "../shared/settings/config.ts";
import type { Finding, Inspection } from "../shared/disk/finding.ts";
import { checkExpansion, maxUnpackedBytes } from "../shared/disk/limits.ts";
import { unpack } from "../shared/disk/packed/unpack.ts";
import { fileReader, joined, windowOf } from "../shared/disk/reader.ts";
import { noSpace } from "./no-space.ts";
import type { PartialFile, Workspace } from "./attempt.ts";
import { checkUnpackingSpace } from "./space.ts";
import { verifyContent } from "./verify-content.ts";

/** A disk, and the open file that it is in. */
export interface UnpackedImage {
  readonly source: FileHandle;
  /** The file of the workspace that `source` belongs to, when something was unpacked. */
  readonly file: PartialFile | undefined;
  readonly inspection: Inspection;
}

/** What unpacking takes. */
export interface Unpacking {
  readonly workspace: Workspace;
  readonly config: Pick<Config, "maxVirtualSizeBytes" | "convertTimeoutSeconds">;
  readonly onProgress?: (percent: number) => void;
}

/**
 * Unpacks what is packed, layer by layer (an OVA may be packed, and a disk in it), until there is a disk. Does nothing for what is
 * a disk already.
 * @throws GiveUp as `unpack` and `inspectImage`; RetryLater without space
 */
export async function unpackImage(
  image: FileHandle,
  found: Finding,
  { workspace, config, onProgress }: Unpacking,
  signal: AbortSignal,
): Promise<UnpackedImage> {
  const { size: imageBytes } = await image.stat();
  let source = image;
  let finding = found;
  let file: PartialFile | undefined;
  while (finding.packing !== undefined) {
    const { size } = await source.stat();
    const whole = fileReader(source, size);
    const packed = joined(finding.pieces.map((piece) => windowOf(whole, piece)));
    file = await workspace.createFile();
    const limits = {
      expansionBytes: maxUnpackedBytes(Math.min(packed.size, imageBytes)),
      imageBytes: longestImage(config.maxVirtualSizeBytes),
      timeoutSeconds: config.convertTimeoutSeconds,
      checkSpace: () => checkUnpackingSpace(workspace.directory),
      onProgress,
    };
    await limits.checkSpace();
    await noSpace(file.path, unpack(packed, finding.packing, file.handle, limits, signal));
    finding = await finding.inspect(file.handle, signal);
    source = file.handle;
    if (finding.digests.length > 0) {
      await verifyContent(source, { digest: undefined, digests: finding.digests }, signal);
    }
  }
  if (file !== undefined) {
    const { dataBytes } = finding;
    // Of all layers together, one of which may be qcow2's own.
    checkExpansion({ plainBytes: 0, compressedBytes: dataBytes, tableBytes: 0 }, imageBytes, 0);
  }
  return { source, file, inspection: finding };
}

/** The longest file that the largest disk makes: tables and headers take less than a hundredth. */
function longestImage(maxVirtualSizeBytes: number): number {
  const HEADERS_BYTES = 64 * 2 ** 20;
  return Math.ceil(maxVirtualSizeBytes * 1.01) + HEADERS_BYTES;
}
