import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { madeDisks } from "../fixtures/disks/disks.ts";
import { samples, type Sample } from "../fixtures/samples/samples.ts";
import { mutate } from "./mutate.ts";
import { randomFrom, seedOf } from "./random.ts";

/** An input, and what it is said to be. */
export interface Input {
  readonly name: string;
  readonly bytes: Buffer;
  readonly declaredFormat: string;
}

/** What inputs are made of. */
export interface Pool {
  readonly good: readonly Input[];
  readonly bad: readonly Input[];
}

/** All samples as they are, the beginnings of disks and CDs, and further good ones. */
export function poolOf(more: readonly Input[]): Pool {
  const load = ({ file, path, declaredFormat, unpack }: Sample): Input => {
    const stored = readFileSync(path);
    const bytes = unpack === undefined ? stored : gunzipSync(stored);
    return { name: file, declaredFormat, bytes };
  };
  const beginnings = madeDisks.map(({ name, head: bytes }): Input => {
    return { name, declaredFormat: "RAW", bytes };
  });
  const { accept = [], reject = [] } = Object.groupBy(samples, ({ verdict }) => verdict);
  return { good: [...accept.map(load), ...beginnings, ...more], bad: reject.map(load) };
}

/** The input of that number of a run: always the same for the same pool and seed. */
export function mutant({ good, bad }: Pool, run: number, index: number): Input {
  const random = randomFrom(seedOf(run, index));
  const image = random.pick(random.percent(GOOD_PERCENT) ? good : bad);
  const other = random.pick(random.percent(50) ? good : bad);
  const bytes = mutate(image.bytes, other.bytes, random);
  const declaredFormat = random.percent(80) ? image.declaredFormat : "";
  return { name: `${run}-${index} of ${image.name}`, bytes, declaredFormat };
}

const GOOD_PERCENT = 70; // what is refused as it is seldom gets far
