import { diskEvidence } from "./disk-evidence.ts";
import { detect, isCompression, type Signature } from "./detect.ts";
import { fileType } from "./file-types.ts";
import { refuseDescriptor } from "./formats/vmdk-descriptor.ts";
import type { Claim } from "./known-formats.ts";
import type { Limits } from "./limits.ts";
import { isPacking, type Packing } from "./packed/packing.ts";
import type { Reader } from "./reader.ts";
import { refusal } from "./refusal.ts";
import type { GiveUp } from "../step/errors.ts";

/**
 * Decides what an image is: exactly one thing, and the one that it is said to be. What is packed may be anything inside.
 * @param claim undefined when nothing is said: then what is found counts
 * @throws GiveUp `empty`, `multiple-formats`, `format-mismatch`, `iso`, `encrypted`, `unsupported-compression`, and as the formats
 */
export async function classify(
  reader: Reader,
  claim: Claim | undefined,
  limits: Pick<Limits, "isBeside"> = {},
): Promise<Claim | Packing> {
  if (reader.size === 0) {
    throw refusal("empty", "the image is empty");
  }
  const found = await detect(reader);
  const [signature, ...more] = found;
  if (more.length > 0 || (signature === "vhd-footer" && claim === "raw")) {
    const names = more.length > 0 ? found : ["raw", ...found];
    throw refusal(
      "multiple-formats",
      `the image can be taken for several formats: ${names.join(", ")}`,
      { found: names.join(" ") },
    );
  }
  if (signature === "iso") {
    throw refusal("iso", "the image is a CD or DVD, not a disk");
  }
  if (signature === "luks") {
    throw refusal("encrypted", "the image is encrypted (LUKS)");
  }
  if (isPacking(signature)) {
    return signature;
  }
  if (signature !== undefined && isCompression(signature)) {
    throw unsupportedPacking(signature);
  }
  if (signature === undefined) {
    await refuseOtherFile(reader, claim);
  }
  const actual = signature === undefined ? "raw" : CLAIMS.get(signature);
  if (actual === undefined || (claim !== undefined && claim !== actual)) {
    throw mismatch(signature ?? "raw", claim);
  }
  await refuseKinds(signature, reader, limits);
  return actual;
}

const CLAIMS: ReadonlyMap<Signature, Claim> = new Map([
  ["qcow2", "qcow2"],
  ["vmdk", "vmdk"],
  ["vmdk-descriptor", "vmdk"],
  ["vmdk-cowd", "vmdk"],
  ["vmdk-sesparse", "vmdk"],
  ["vdi", "vdi"],
  ["vhd", "vhd"],
  ["vhd-footer", "vhd"],
  ["vhdx", "vhdx"],
  ["tar", "ova"],
]);

/**
 * An archive, a package, a picture: registered as a disk, it would boot nothing.
 * @throws GiveUp `format-mismatch`, `unsupported-compression`
 */
async function refuseOtherFile(reader: Reader, claim: Claim | undefined): Promise<void> {
  const type = await fileType(reader);
  if (type === undefined || (await diskEvidence(reader)).length > 0) {
    return;
  }
  throw type.isPacked ? unsupportedPacking(type.name) : mismatch(type.name, claim);
}

function unsupportedPacking(found: string): GiveUp {
  return refusal(
    "unsupported-compression",
    `the image is packed with ${found}: only gzip, xz, bzip2 and zstd are unpacked`,
    { found },
  );
}

function mismatch(found: string, claim: Claim | undefined): GiveUp {
  return refusal(
    "format-mismatch",
    `the image is ${found}${claim === undefined ? "" : `, not ${claim} as the list says`}`,
    { found, ...(claim === undefined ? {} : { claimed: claim }) },
  );
}

/** VMDK is a family; only its sparse extents are read. */
async function refuseKinds(
  signature: Signature | undefined,
  reader: Reader,
  limits: Pick<Limits, "isBeside">,
): Promise<void> {
  if (signature === "vmdk-cowd" || signature === "vmdk-sesparse") {
    throw refusal(
      "unsupported-subformat",
      `${signature}: of VMDK only monolithicSparse and streamOptimized are taken`,
    );
  }
  if (signature === "vmdk-descriptor") {
    const MAX_DESCRIPTOR_BYTES = 65_536;
    throw refuseDescriptor((await reader.read(0, MAX_DESCRIPTOR_BYTES)).toString("utf8"), limits);
  }
}
