import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openImage } from "../../functions/shared/disk/image-file.ts";
import { inspectDisk } from "../../functions/shared/disk/inspect-image.ts";
import { writeLargeOva } from "../shared/disk/large-ova.ts";
import { spread, timed } from "./measure.ts";
import type { Finding } from "./results.ts";

/** The inspection of OVAs of 1 and of 10 GiB, whose tables are full. */
export async function* benchInspect(): AsyncGenerator<Finding> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-bench-"));
  try {
    for (const gibibytes of [1, 10]) {
      const path = join(directory, `${gibibytes}.ova`);
      await writeLargeOva(path, gibibytes);
      yield await measure(path, gibibytes);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

const ROUNDS = 20;
const MIB = 2 ** 20;

async function measure(path: string, gibibytes: number): Promise<Finding> {
  const times: number[] = [];
  let grown = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.memoryUsage().rss;
    times.push(await timed(() => inspect(path)));
    grown = Math.max(grown, process.memoryUsage().rss - before);
  }
  const { min, median, max } = spread(times);
  return {
    what: `inspection of an OVA of ${gibibytes} GiB`,
    value: `${median.toFixed(1)} ms (${min.toFixed(1)}-${max.toFixed(1)})`,
    comparedWith: `promised: milliseconds, and memory that does not grow with the file: ${(grown / MIB).toFixed(1)} MiB more`,
    figures: { medianMs: median, grownMib: grown / MIB },
  };
}

async function inspect(path: string): Promise<void> {
  await using handle = await openImage(path);
  const rules = { claim: "ova", maxVirtualSizeBytes: 2 ** 40 } as const;
  await inspectDisk(handle, rules, AbortSignal.timeout(60_000));
}
