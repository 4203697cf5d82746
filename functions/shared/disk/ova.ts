import { posix } from "node:path";
import { MAX_MANIFEST_BYTES, parseManifest, type MemberDigest } from "./ova-manifest.ts";
import { MAX_OVF_BYTES } from "./ovf-xml.ts";
import type { ChosenBy } from "./boot-disk.ts";
import { parseOvf } from "./ovf.ts";
import type { OvfDisk } from "./ovf-disks.ts";
import { joined, readExactly, windowOf, type Reader } from "./reader.ts";
import { quoted, refusal } from "./refusal.ts";
import { tarMembers, type TarMember } from "./tar-index.ts";
import type { Warning } from "./warning.ts";

/** The disk of an OVA that boots, and where it is. */
export interface OvaDisk {
  readonly declared: OvfDisk;
  /** Where its bytes lie in the archive: more than one when the OVA keeps it in chunks. */
  readonly pieces: readonly TarMember[];
  readonly reader: Reader;
  readonly chosenBy: ChosenBy;
  /** Ids of the disks that are not taken. */
  readonly otherDisks: readonly string[];
  /** What the manifest says about members; not verified yet. */
  readonly digests: readonly MemberDigest[];
  readonly warnings: readonly Warning[];
}

/**
 * Finds the disk that boots in an OVA, without unpacking anything.
 * @throws GiveUp `tar-…`, `ovf-…`, `manifest-mismatch`, `unsupported-compression`
 */
export async function findOvaDisk(archive: Reader, signal: AbortSignal): Promise<OvaDisk> {
  const members = await tarMembers(archive, signal);
  const descriptor = soleDescriptor(members);
  const folder = posix.dirname(descriptor.name);
  const byName = new Map(members.map((member) => [member.name, member]));
  const resolve = (name: string) => byName.get(posix.join(folder, name));

  const ovf = parseOvf(await readMember(archive, descriptor));
  for (const href of ovf.hrefs) {
    if (resolve(href) === undefined && resolve(chunkName(href, 0)) === undefined) {
      throw refusal(
        "ovf-missing-file",
        `the OVF refers to ${quoted(href)}, which is not in the archive`,
      );
    }
  }
  const pieces = piecesOf(ovf.bootDisk, resolve);
  const reader = joined(pieces.map((piece) => windowOf(archive, piece)));
  checkFileSize(ovf.bootDisk, reader.size);
  refuseUnknownPacking(ovf.bootDisk);
  return {
    declared: ovf.bootDisk,
    pieces,
    reader,
    chosenBy: ovf.chosenBy,
    otherDisks: ovf.otherDisks,
    digests: await readManifest(archive, members, resolve),
    warnings: ovf.warnings,
  };
}

/** Compares the declared virtual size with the real one. @throws GiveUp `ovf-size-mismatch` */
export function checkCapacity({ capacity }: OvfDisk, virtualSizeBytes: number): void {
  // A size in GiB is rounded up by those who write it.
  if (
    capacity !== undefined &&
    Math.ceil(virtualSizeBytes / capacity.unitBytes) * capacity.unitBytes !== capacity.bytes
  ) {
    throw refusal(
      "ovf-size-mismatch",
      `the OVF says ${capacity.bytes} bytes for a disk of ${virtualSizeBytes}`,
      {
        declaredBytes: capacity.bytes,
        virtualSizeBytes,
      },
    );
  }
}

function soleDescriptor(members: readonly TarMember[]): TarMember {
  const [descriptor, ...more] = members.filter(({ name }) => name.toLowerCase().endsWith(".ovf"));
  if (descriptor === undefined) {
    throw refusal("ovf-missing", "the archive has no OVF descriptor");
  }
  if (more.length > 0) {
    throw refusal("ovf-multiple", `the archive has ${more.length + 1} OVF descriptors`);
  }
  if (descriptor.size > MAX_OVF_BYTES) {
    throw refusal(
      "ovf-limit",
      `the OVF has ${descriptor.size} bytes, the limit is ${MAX_OVF_BYTES}`,
    );
  }
  return descriptor;
}

function piecesOf(
  { href, chunkBytes }: OvfDisk,
  resolve: (name: string) => TarMember | undefined,
): readonly TarMember[] {
  const whole = resolve(href);
  if (chunkBytes === undefined) {
    if (whole === undefined) {
      throw refusal(
        "ovf-missing-file",
        `the OVF refers to ${quoted(href)}, which is not in the archive`,
      );
    }
    return [whole];
  }
  const pieces: TarMember[] = [];
  for (;;) {
    const piece = resolve(chunkName(href, pieces.length));
    if (piece === undefined) {
      break;
    }
    pieces.push(piece);
  }
  if (pieces.length === 0) {
    throw refusal("ovf-missing-file", `the first chunk of ${quoted(href)} is not in the archive`);
  }
  if (
    pieces.slice(0, -1).some(({ size }) => size !== chunkBytes) ||
    (pieces.at(-1)?.size ?? 0) > chunkBytes
  ) {
    throw refusal(
      "ovf-size-mismatch",
      `a chunk of ${quoted(href)} has not the ${chunkBytes} bytes that the OVF says`,
    );
  }
  return pieces;
}

function checkFileSize({ href, fileBytes }: OvfDisk, actualBytes: number): void {
  if (fileBytes !== undefined && fileBytes !== actualBytes) {
    throw refusal(
      "ovf-size-mismatch",
      `the OVF says ${fileBytes} bytes for ${quoted(href)}, which has ${actualBytes}`,
      {
        declaredBytes: fileBytes,
        fileBytes: actualBytes,
      },
    );
  }
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
  members: readonly TarMember[],
  resolve: (name: string) => TarMember | undefined,
): Promise<readonly MemberDigest[]> {
  const [manifest, ...more] = members.filter(({ name }) => name.toLowerCase().endsWith(".mf"));
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

/** DSP0243: nine digits, from 0. */
function chunkName(href: string, index: number): string {
  return `${href}.${String(index).padStart(9, "0")}`;
}
