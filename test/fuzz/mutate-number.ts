import { hotOffset } from "./hot-offset.ts";
import type { Random } from "./random.ts";

/**
 * Puts a number that readers of headers stumble over in the place of another: powers of two and their neighbours, the length of
 * the file, small steps from what is there; in either order of bytes.
 */
export function mutateNumber(bytes: Buffer, _other: Buffer, random: Random): Buffer {
  const width = random.pick([1, 2, 4, 4, 8, 8]);
  const at = hotOffset(bytes, random);
  const aligned = random.percent(80) ? at - (at % Math.min(width, 4)) : at;
  if (aligned + width > bytes.length) {
    return bytes;
  }
  const isBigEndian = random.percent(50);
  const value = BigInt.asUintN(width * 8, newValue(bytes, aligned, width, isBigEndian, random));
  for (let index = 0; index < width; index += 1) {
    const shift = BigInt(8 * (isBigEndian ? width - 1 - index : index));
    bytes[aligned + index] = Number((value >> shift) & 0xffn);
  }
  return bytes;
}

function newValue(
  bytes: Buffer,
  at: number,
  width: number,
  isBigEndian: boolean,
  random: Random,
): bigint {
  const step = BigInt(random.below(5)) - 2n;
  switch (random.below(5)) {
    case 0:
      return 2n ** BigInt(random.below(width * 8 + 1)) + step;
    case 1:
      return BigInt(bytes.length) + step;
    case 2:
      return BigInt(Math.ceil(bytes.length / 512)) + step;
    case 3:
      return current(bytes, at, width, isBigEndian) + step;
    default:
      return BigInt(random.below(2 ** 16)) * BigInt(random.pick([1, 512, 4096, 65_536]));
  }
}

function current(bytes: Buffer, at: number, width: number, isBigEndian: boolean): bigint {
  const field = bytes.subarray(at, at + width);
  return BigInt(`0x${Buffer.from(isBigEndian ? field : field.toReversed()).toString("hex")}`);
}
