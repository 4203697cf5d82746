import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { disagreement } from "./differential.ts";
import { mutant, type Input, type Pool } from "./inputs.ts";
import { judge } from "./judge.ts";
import { ovaFault } from "./ova.ts";
import { randomFrom, seedOf } from "./random.ts";
import { rawFault } from "./raw.ts";
import { unpackingFault } from "./unpacking.ts";

/** What to do, and for how long. */
export interface Run {
  readonly pool: Pool;
  readonly seed: number;
  /** Ends when either is reached. */
  readonly seconds: number;
  readonly inputs: number;
  /** How many of a hundred accepted inputs qemu-img is asked about, or are unpacked: that takes a hundred times as long. */
  readonly differentialPercent: number;
  /** Told before each input. */
  readonly onInput?: (index: number) => void;
  readonly onFinding?: (input: Input, fault: string) => Promise<void>;
}

/** What came of it. */
export interface Tally {
  inputs: number;
  accepted: number;
  /** Accepted ones that qemu-img was asked about. */
  compared: number;
  /** Accepted ones that are packed, and were unpacked. */
  unpacked: number;
  findings: number;
  readonly refused: Map<string, number>;
}

/** Feeds the inspectors with changed samples. */
export async function fuzz(run: Run): Promise<Tally> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-fuzz-"));
  const tally: Tally = {
    inputs: 0,
    accepted: 0,
    compared: 0,
    unpacked: 0,
    findings: 0,
    refused: new Map(),
  };
  const end = performance.now() + run.seconds * 1000;
  try {
    for (; tally.inputs < run.inputs && performance.now() < end; tally.inputs += 1) {
      run.onInput?.(tally.inputs);
      const input = mutant(run.pool, run.seed, tally.inputs);
      const random = randomFrom(seedOf(~run.seed, tally.inputs));
      const isCompared = random.percent(run.differentialPercent);
      const path = isCompared ? join(directory, "image") : undefined;
      const fault = await examine(input, path, tally);
      if (fault !== undefined) {
        tally.findings += 1;
        await run.onFinding?.(input, fault);
      }
    }
    return tally;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** @param path a file that may be written, to go further with what is accepted */
async function examine(
  { bytes, declaredFormat }: Input,
  path: string | undefined,
  tally: Tally,
): Promise<string | undefined> {
  const judgement = await judge(bytes, declaredFormat);
  if (judgement.verdict === "fault") {
    return judgement.fault;
  }
  if (judgement.verdict === "refused") {
    tally.refused.set(judgement.code, (tally.refused.get(judgement.code) ?? 0) + 1);
    return undefined;
  }
  const { finding } = judgement;
  tally.accepted += 1;
  if (path === undefined) {
    return undefined;
  }
  const fault = await ovaFault(bytes, finding, path);
  if (fault !== undefined) {
    return fault;
  }
  if (finding.packing !== undefined) {
    tally.unpacked += 1;
    return unpackingFault(bytes, finding, path);
  }
  tally.compared += 1;
  return (
    (await rawFault(bytes, finding, declaredFormat)) ?? (await disagreement(bytes, finding, path))
  );
}
