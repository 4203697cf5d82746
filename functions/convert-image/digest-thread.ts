import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { contentDigests, type DigestOrder } from "./content-digests.ts";

/* A thread that makes digests of a file; see verify-content.ts, which starts it. */

/** What it is given. */
export interface DigestTask {
  /** Descriptor of an open file. */
  readonly fd: number;
  readonly orders: readonly DigestOrder[];
}

/** What it posts. */
type DigestMessage =
  | { readonly kind: "progress"; readonly bytes: number }
  | { readonly kind: "digests"; readonly digests: readonly string[] };

/**
 * Linux gives each thread a niceness of its own. Making digests yields a little to the threads that convert the same file: it
 * has time until the result is on stable storage, while which the processor has nothing to do.
 */
const NICENESS = 5;

const task: DigestTask = workerData;
setPriority(NICENESS);
const digests = contentDigests(task.fd, task.orders, (bytes) => {
  post({ kind: "progress", bytes });
});
post({ kind: "digests", digests });

function post(message: DigestMessage): void {
  parentPort?.postMessage(message, []);
}
