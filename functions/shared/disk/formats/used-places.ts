import type { Range } from "../reader.ts";
import { refusal } from "../refusal.ts";

/** What a place of a disk's file can be used for. */
export type Use =
  /** Headers, directories, tables of the first level: each there once. */
  | "metadata"
  /** A table below the first level. */
  | "table"
  | "data"
  /** Compressed data, of which several pieces may lie in one cluster. */
  | "packed";

/**
 * Finds places of a disk's file that are used twice: a table that lies in another table, or in the data, makes a disk of bytes
 * that were never meant as such.
 *
 * Tables or data used twice are what bombs are made of. So that a bomb is called one, by whoever counts, these are told at the
 * end, everything else at once.
 *
 * It takes two bits for each unit that is used: 40 kB for 10 GiB in clusters of 64 KiB, 5 MB in sectors. The arrays are as long as
 * the file needs, but the kernel gives them no memory before they are written.
 */
export class UsedPlaces {
  readonly #unitBytes: number;
  readonly #units: number;
  readonly #all: Bits;
  readonly #bits = new Map<Use, Bits>();
  #twice: Error | undefined;

  /**
   * @param unitBytes what all places are counted in
   * @throws GiveUp `table-limit` for a file that no disk of such units needs
   */
  constructor(fileBytes: number, unitBytes: number) {
    this.#unitBytes = unitBytes;
    this.#units = Math.ceil(fileBytes / unitBytes);
    if (this.#units > MAX_UNITS) {
      throw refusal(
        "table-limit",
        `a file of ${fileBytes} bytes for a disk that counts in ${unitBytes}`,
      );
    }
    this.#all = new Bits(this.#units);
  }

  /** What is behind the end of the file is left out. @throws GiveUp `corrupt` when something else is there */
  take(use: Use, { offset, size }: Range): void {
    const first = Math.floor(offset / this.#unitBytes);
    const end = Math.min(this.#units, Math.ceil((offset + size) / this.#unitBytes));
    if (this.#all.hasAny(first, end)) {
      this.#tellOthers(use, offset, { first, end });
    }
    this.#all.set(first, end);
    this.#bitsOf(use).set(first, end);
  }

  /** @throws GiveUp `corrupt` when a table or data was there twice */
  check(): void {
    if (this.#twice !== undefined) {
      throw this.#twice;
    }
  }

  #tellOthers(use: Use, offset: number, units: { first: number; end: number }): void {
    for (const [other, bits] of this.#bits) {
      if ((other === use && use === "packed") || !bits.hasAny(units.first, units.end)) {
        continue;
      }
      if (other !== use || use === "metadata") {
        throw usedTwice(offset, use, other);
      }
      this.#twice ??= usedTwice(offset, use, other);
    }
  }

  #bitsOf(use: Use): Bits {
    const bits = this.#bits.get(use) ?? new Bits(this.#units);
    this.#bits.set(use, bits);
    return bits;
  }
}

const MAX_UNITS = 2 ** 32; // 2 TiB in sectors, the most that VMDK and VHD can name

function usedTwice(offset: number, use: Use, other: Use): Error {
  return refusal("corrupt", `the disk's file has ${use} at ${offset}, where ${other} is already`, {
    offset,
  });
}

/** Many flags. */
class Bits {
  readonly #words: Uint32Array;

  constructor(count: number) {
    this.#words = new Uint32Array(Math.ceil(count / WORD_BITS));
  }

  hasAny(first: number, end: number): boolean {
    for (let word = Math.floor(first / WORD_BITS); word * WORD_BITS < end; word += 1) {
      if (((this.#words[word] ?? 0) & maskOf(word, first, end)) !== 0) {
        return true;
      }
    }
    return false;
  }

  set(first: number, end: number): void {
    for (let word = Math.floor(first / WORD_BITS); word * WORD_BITS < end; word += 1) {
      this.#words[word] = (this.#words[word] ?? 0) | maskOf(word, first, end);
    }
  }
}

const WORD_BITS = 32;
const ALL = 0xffff_ffff;

/** The bits of a word that belong to a range. */
function maskOf(word: number, first: number, end: number): number {
  const from = first - word * WORD_BITS;
  const to = end - word * WORD_BITS;
  if (to <= Math.max(0, from)) {
    return 0;
  }
  return (from > 0 ? ALL << from : ALL) & (to < WORD_BITS ? ~(ALL << to) : ALL);
}
