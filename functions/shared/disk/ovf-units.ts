/**
 * The bytes of an OVF allocation unit: `byte * 2^30`, `byte`, or a word of the first version (`GigaBytes`).
 * @returns undefined for what is no unit of storage
 */
export function unitBytes(text: string): number | undefined {
  const unit = text.trim().toLowerCase();
  const word = OLD_WORDS.get(unit);
  if (word !== undefined) {
    return word;
  }
  const [, base, exponent] = /^bytes?\s*\*\s*(2|10)\s*\^\s*(\d{1,2})$/.exec(unit) ?? [];
  return base === undefined || exponent === undefined
    ? undefined
    : Number(base) ** Number(exponent);
}

const OLD_WORDS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["byte", 1],
  ["bytes", 1],
  ["kilobytes", 2 ** 10],
  ["megabytes", 2 ** 20],
  ["gigabytes", 2 ** 30],
  ["terabytes", 2 ** 40],
]);
