import { posix } from "node:path";
import { isAppleDouble, ovaMembers } from "./ova-members.ts";
import { checkFileSize, checkReferences, piecesOf } from "./ova-pieces.ts";
import { MAX_MANIFEST_BYTES, parseManifest, type MemberDigest } from "./ova-manifest.ts";
import { MAX_OVF_BYTES } from "./ovf-xml.ts";
import type { ChosenBy } from "./boot-disk.ts";
import { parseOvf } from "./ovf.ts";
import type { OvfDisk } from "./ovf-disks.ts";
import { joined, readExactly, windowOf, type Reader } from "./reader.ts";
import { quoted, refusal } from "./refusal.ts";
import { tarMembers, type TarMember } from "./tar-index.ts";
import { warning, type Warning } from "./warning.ts";

/** The disk of an OVA that boots, and where it is. */
export interface OvaDisk {
  readonly declared: OvfDisk;
  /** Where its bytes lie in the archive: more than one when the OVA keeps it in chunks. */
  readonly pieces: readonly TarMember[];
  readonly reader: Reader;
  readonly chosenBy: ChosenBy;
  /** Ids of the disks that are not taken. */
  readonly otherDisks: readonly string[];
  /** Whether the archive has a file of a name that is relative to the disk. */
  readonly isBeside: (name: string) => boolean;
  /** What the manifest says about members; not verified yet. */
  readonly digests: readonly MemberDigest[];
  readonly warnings: readonly Warning[];
}

/**
 * Finds the disk that boots in an OVA, without unpacking anything.
 * @throws GiveUp `tar-…`, `ovf-…`, `manifest-mismatch`, `unsupported-compression`
 */
export async function findOvaDisk(archive: Reader, signal: AbortSignal): Promise<OvaDisk> {
  const { descriptor, manifests, resolve } = ovaMembers(await tarMembers(archive, signal));
  const contentOf = (name: string) => {
    const member = resolve(name);
    return member === undefined || isAppleDouble(member.name) ? undefined : member;
  };
  const ovf = parseOvf(await readDescriptor(archive, descriptor));
  checkReferences(ovf.hrefs, contentOf);
  const { bootDisk } = ovf;
  const pieces = piecesOf(bootDisk, contentOf);
  const reader = joined(pieces.map((piece) => windowOf(archive, piece)));
  const sizeWarnings = checkFileSize(bootDisk, reader.size, pieces.length);
  refuseUnknownPacking(bootDisk);
  const folder = posix.dirname(bootDisk.href);
  return {
    declared: bootDisk,
    pieces,
    reader,
    chosenBy: ovf.chosenBy,
    otherDisks: ovf.otherDisks,
    isBeside: (name) => contentOf(posix.join(folder, name)) !== undefined,
    digests: await readManifest(archive, manifests, resolve),
    warnings: [...ovf.warnings, ...sizeWarnings],
  };
}

/** Compares the declared virtual size with the real one, which counts. */
export function checkCapacity(
  { diskId, capacity }: OvfDisk,
  virtualSizeBytes: number,
): readonly Warning[] {
  // A size in GiB is rounded up by those who write it.
  if (
    capacity === undefined ||
    Math.ceil(virtualSizeBytes / capacity.unitBytes) * capacity.unitBytes === capacity.bytes
  ) {
    return [];
  }
  return [
    warning(
      "ovf-capacity",
      `the OVF says ${capacity.bytes} bytes for ${quoted(diskId)}, a disk of ${virtualSizeBytes}`,
      { declaredBytes: capacity.bytes, virtualSizeBytes },
    ),
  ];
}

async function readDescriptor(archive: Reader, descriptor: TarMember): Promise<Buffer> {
  if (descriptor.size > MAX_OVF_BYTES) {
    throw refusal(
      "ovf-limit",
      `the OVF has ${descriptor.size} bytes, the limit is ${MAX_OVF_BYTES}`,
    );
  }
  return readMember(archive, descriptor);
}

/** DSP0243 defines gzip; other words are up to whoever wrote them. */
function refuseUnknownPacking({ href, compression }: OvfDisk): void {
  if (compression !== undefined && compression !== "gzip") {
    throw refusal(
      "unsupported-compression",
      `${quoted(href)} is packed with ${quoted(compression)} inside of the OVA`,
    );
  }
}

async function readManifest(
  archive: Reader,
  [manifest, ...more]: readonly TarMember[],
  resolve: (name: string) => TarMember | undefined,
): Promise<readonly MemberDigest[]> {
  if (manifest === undefined) {
    return [];
  }
  // Every manifest can ask for another pass over every member.
  if (more.length > 0 || manifest.size > MAX_MANIFEST_BYTES) {
    throw refusal(
      "manifest-mismatch",
      `the OVA has ${more.length + 1} manifests, the first of ${manifest.size} bytes`,
    );
  }
  return parseManifest((await readMember(archive, manifest)).toString("utf8"), resolve);
}

async function readMember(archive: Reader, member: TarMember): Promise<Buffer> {
  return readExactly(archive, member, `member ${quoted(member.name)}`);
}
