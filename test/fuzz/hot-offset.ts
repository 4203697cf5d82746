import type { Random } from "./random.ts";

/** Where something is read: mostly at the beginning, often at the end, and anywhere that is not empty. */
export function hotOffset(bytes: Buffer, random: Random): number {
  const HEAD = [64, SECTOR, 4096, 65_536];
  const bound = Math.max(1, bytes.length);
  const choice = random.below(10);
  if (choice < 5) {
    return random.below(Math.min(bound, random.pick(HEAD)));
  }
  if (choice < 7) {
    return bound - 1 - random.below(Math.min(bound, 3 * SECTOR));
  }
  for (let attempt = 0; attempt < 32; attempt += 1) {
    const at = random.below(bound);
    if (bytes[at] !== 0) {
      return at;
    }
  }
  return random.below(bound);
}

const SECTOR = 512;
