import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import * as z from "zod";
import { fuzz } from "./fuzz.ts";
import { poolOf } from "./inputs.ts";
import { makeSamples } from "./made-samples.ts";

/* One run, in a thread that can be stopped from outside when it hangs. */

/** What the thread is given. */
export const workerDataSchema = z.object({
  seed: z.number(),
  seconds: z.number(),
  differentialPercent: z.number(),
  directory: z.string(),
  current: z.instanceof(SharedArrayBuffer),
});
export type WorkerData = z.infer<typeof workerDataSchema>;

const { directory, current, ...run } = workerDataSchema.parse(workerData);
const index = new Int32Array(current);
const tally = await fuzz({
  ...run,
  pool: poolOf(await makeSamples()),
  inputs: Number.POSITIVE_INFINITY,
  onInput: (input) => {
    Atomics.store(index, 0, input);
  },
  onFinding: async ({ name, bytes, declaredFormat }, fault) => {
    const file = join(directory, `${run.seed}-${Atomics.load(index, 0)}`);
    writeFileSync(file, bytes);
    parentPort?.postMessage({ finding: `${name} as ${declaredFormat}: ${fault} (${file})` }, []);
    return Promise.resolve();
  },
});
parentPort?.postMessage({ tally }, []);
