import { parentPort, workerData } from "node:worker_threads";
import { GiveUp, type Facts } from "../../step/errors.ts";
import { SliceInflater, type GrainJob } from "./slice.ts";

/* A thread that inflates slices until there are no more; see inflate-grains.ts, which starts it. */

/** What it is given. */
export interface GrainTask extends GrainJob {
  /** One number, shared by all threads: the next slice. */
  readonly next: SharedArrayBuffer;
  readonly slices: number;
}

/** What it posts. */
type GrainMessage =
  /** One more slice is done. */
  | { readonly kind: "done" }
  | {
      readonly kind: "refused";
      readonly code: string;
      readonly text: string;
      readonly facts: Facts;
    };

const task: GrainTask = workerData;
const next = new Int32Array(task.next);
const inflater = new SliceInflater(task);
try {
  for (;;) {
    const slice = Atomics.add(next, 0, 1);
    if (slice >= task.slices) {
      break;
    }
    inflater.inflate(slice);
    post({ kind: "done" });
  }
} catch (error) {
  if (!(error instanceof GiveUp)) {
    throw error; // with its code; a class of ours would not arrive as such
  }
  post({ kind: "refused", code: error.code, text: error.message, facts: error.facts });
}

function post(message: GrainMessage): void {
  parentPort?.postMessage(message, []);
}
