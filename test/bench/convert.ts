import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { bundleWays, go } from "./convert/go.ts";
import { makeInputs, type BenchImage } from "./convert/inputs.ts";
import type { Way } from "./convert/ways.ts";
import { ratioOf, type Comparison } from "./ratio.ts";
import { inTurn } from "./rounds.ts";
import type { Bar, Finding } from "./results.ts";

/** A row of the result: a way, with a number of threads. */
interface Row extends Comparison {
  readonly way: Way;
  readonly workers: number;
}

/**
 * Conversions to raw, all ways in turn, round after round, so that noise meets all of them: the predecessor's, qemu-img's, ours,
 * and what none of them can do without.
 * @param mib how much content the disks have
 */
export async function* benchConvert(mib: number): AsyncGenerator<Finding> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-bench-"));
  try {
    const program = await bundleWays(join(directory, "program"));
    for (const image of await makeInputs(directory, mib)) {
      const rows = image.driver === undefined ? ovaRows() : otherRows(image);
      const ways = rows.filter(({ runs }) => runs === undefined);
      const rounds = await inTurn(`convert, ${image.name}`, ways, ({ way, workers }) =>
        go(program, way, { image, directory: join(directory, "work"), workers }),
      );
      yield* rows.map((row) => ratioOf(image.name, row, rounds));
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

const PREDECESSOR = "predecessor: tar -x, qemu-img";
const PLAIN = "qemu-img in place, synced";
const VERIFIED_PLAIN = "sha512, then qemu-img in place, synced";

const PROMISED = {
  cores: 2,
  ratio: 0.42,
  text: "on 2 cores at most 0.42 x, no more processor time, under 350 MiB",
};

function ovaRows(): readonly Row[] {
  const row = (what: string, way: Way, of: Bar["of"], workers = 1) => ({
    what,
    way,
    workers,
    yardstick: PREDECESSOR,
    bar: { panel: "ova", of } as const,
  });
  const ours = Array.from({ length: Math.min(4, availableParallelism()) }, (_, index) => {
    const workers = index + 1;
    const what = `ours without sha512, threads: ${workers}`;
    const unverified = row(what, "oursUnverified", "ours", workers);
    const verified = row(`ours, threads: ${workers}`, "ours", "ours", workers);
    const added = {
      what: `the same, to that without sha512, threads: ${workers}`,
      way: verified.way,
      workers,
      runs: verified.what,
      yardstick: unverified.what,
      promise: "at most 1.15 x",
    };
    const limit = workers === PROMISED.cores ? PROMISED.ratio : undefined;
    return [
      unverified,
      { ...verified, promise: PROMISED.text, bar: { ...verified.bar, limit } },
      added,
    ];
  });
  return [
    row(PREDECESSOR, "predecessor", "theirs"),
    row("the same, and OpenNebula's copy", "predecessorCopied", "theirs"),
    row(PLAIN, "plain", "theirs"),
    ...ours.flat(),
    row("floor: reading", "reading", "floor"),
    row("floor: inflating on one core", "inflating", "floor"),
    row("floor: writing the disk", "writing", "floor"),
    row("floor: sha512 on one core", "hashing", "floor"),
  ];
}

function otherRows({ name }: BenchImage): readonly Row[] {
  const workers = availableParallelism();
  const row = (what: string, way: Way, yardstick = PLAIN) => ({ what, way, workers, yardstick });
  const promise = "at most 1 x";
  const bar = { panel: "others", of: "ours", limit: 1 } as const;
  return [
    row(PLAIN, "plain"),
    {
      ...row("ours without sha512", "oursUnverified"),
      promise,
      bar: { ...bar, label: name },
    },
    row(VERIFIED_PLAIN, "verifiedPlain", VERIFIED_PLAIN),
    {
      ...row("ours", "ours", VERIFIED_PLAIN),
      promise,
      bar: { ...bar, label: `${name}, with sha512` },
    },
    row("floor: sha512 on one core", "hashing", VERIFIED_PLAIN),
  ];
}
