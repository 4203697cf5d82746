import { repairChecksums } from "./checksums.ts";
import { hotOffset } from "./hot-offset.ts";
import { mutateNumber } from "./mutate-number.ts";
import { mutatePlaces } from "./mutate-places.ts";
import type { Random } from "./random.ts";

/**
 * A changed copy of an image, by one to four edits: bits, header integers, places that tables name, pieces of text, of itself and of another image,
 * insertions and cuts. Most copies get their checksums repaired, so that the edit is looked at and not the checksum.
 */
export function mutate(image: Buffer, other: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(image);
  for (let edits = 1 + random.below(4); edits > 0; edits -= 1) {
    bytes = random.pick(EDITS)(bytes, other, random);
  }
  if (random.percent(85)) {
    repairChecksums(bytes);
  }
  return bytes;
}

type Edit = (bytes: Buffer, other: Buffer, random: Random) => Buffer;

const SECTOR = 512;

const EDITS: readonly Edit[] = [
  flipBits,
  mutateNumber,
  mutateNumber,
  mutateNumber,
  mutatePlaces,
  mutatePlaces,
  overwriteText,
  overwriteText,
  insertBytes,
  cutOff,
  removeBytes,
  copySectors,
  spliceOther,
];

/** What a reader of headers, descriptors or archives may stumble over. */
const TOKENS = [
  "\0",
  "\n",
  "\r",
  '"',
  "/",
  "..",
  "../",
  "=",
  " ",
  "%2e%2e/",
  "file:///etc/passwd",
  "json:{}",
  "parentCID=deadbeef\n",
  'parentFileNameHint="/etc/passwd"\n',
  'RW 8 FLAT "/etc/passwd" 0\n',
  'RW 8 SPARSE "b.vmdk"\n',
  'createType="monolithicFlat"\n',
  'createType="streamOptimized"\n',
  "# Disk DescriptorFile\nversion=1\n",
  "<!DOCTYPE a>",
  "<!ENTITY a 'b'>",
  "&lt;",
  "<Disk/>",
  "</File>",
  "ovf:fileRef=",
  "ovf:parentRef='x'",
  "ovf:compression='gzip'",
  "ovf:chunkSize='1'",
  "/disk/",
  "99999999999999999999",
  "-1",
  "0",
  "SHA256(x)= 00\n",
  "SHA2-256(",
  "ovf:boot='true'",
  "ovf:parentRef=''",
  "<BootOrder>1</BootOrder>",
  "ResourceType>15<",
  "vmw:x='1'",
  "._",
  ".ovf\0",
  ".000000000\0",
  "ustar\0",
  "ustar  \0",
  "QFI\xFB",
  "KDMV",
  "conectix",
  "cxsparse",
  "vhdxfile",
  "\x7F\x10\xDA\xBE",
  "\x1F\x8B",
  "CD001",
  "30 path=../../x\n",
  "20 size=1000000\n",
].map((token) => Buffer.from(token, "latin1"));

function flipBits(bytes: Buffer, _other: Buffer, random: Random): Buffer {
  for (let flips = 1 + random.below(8); flips > 0 && bytes.length > 0; flips -= 1) {
    const at = hotOffset(bytes, random);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
}

function overwriteText(bytes: Buffer, _other: Buffer, random: Random): Buffer {
  random.pick(TOKENS).copy(bytes, hotOffset(bytes, random));
  return bytes;
}

function insertBytes(bytes: Buffer, _other: Buffer, random: Random): Buffer {
  const at = hotOffset(bytes, random);
  const inserted = random.percent(50)
    ? random.pick(TOKENS)
    : Buffer.alloc(SECTOR * (1 + random.below(4)), random.below(256));
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
}

function cutOff(bytes: Buffer, _other: Buffer, random: Random): Buffer {
  const length = random.below(bytes.length + 1);
  return bytes.subarray(0, random.percent(50) ? length : length - (length % SECTOR));
}

function removeBytes(bytes: Buffer, _other: Buffer, random: Random): Buffer {
  const at = hotOffset(bytes, random);
  const length = random.percent(50) ? SECTOR : 1 + random.below(64);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
}

function copySectors(bytes: Buffer, _other: Buffer, random: Random): Buffer {
  const from = sectorOf(hotOffset(bytes, random));
  bytes.copy(
    bytes,
    sectorOf(hotOffset(bytes, random)),
    from,
    from + SECTOR * (1 + random.below(8)),
  );
  return bytes;
}

function spliceOther(bytes: Buffer, other: Buffer, random: Random): Buffer {
  const from = sectorOf(hotOffset(other, random));
  const piece = other.subarray(from, from + SECTOR * (1 + random.below(16)));
  piece.copy(bytes, sectorOf(hotOffset(bytes, random)));
  return bytes;
}

function sectorOf(offset: number): number {
  return offset - (offset % SECTOR);
}
