import { availableParallelism } from "node:os";
import { execa } from "execa";

/*
 * npm run test:unit
 *
 * Shares the files of unit tests out to as many processes at a time as there are cores, a few times as many in all, so that none waits long
 * for the other at the end. A file has no process of its own: starting one takes longer than most files do. What a process prints is shown
 * when it has ended.
 */
const FILES = "test/!(contract|e2e|bench|container|faults)/**/*.test.ts";
const TIMEOUT_MS = 120_000; // of one test
const SHARES_PER_CORE = 3;

const cores = availableParallelism();
const shards = cores * SHARES_PER_CORE;
process.stdout.write(
  `unit tests in ${shards} processes, ${cores} at a time; each one's results follow when it has ended\n`,
);
let begun = 0;
const runs = await Promise.all(
  Array.from({ length: cores }, async () => {
    let isGood = true;
    while (begun < shards) {
      begun += 1;
      const { exitCode, all } = await execa({ all: true, reject: false })(process.execPath, [
        "--test",
        "--test-isolation=none",
        `--test-timeout=${TIMEOUT_MS}`,
        `--test-shard=${begun}/${shards}`,
        "--test-reporter=spec",
        FILES,
      ]);
      process.stdout.write(`${all}\n`);
      isGood &&= exitCode === 0;
    }
    return isGood;
  }),
);
process.exitCode = runs.every(Boolean) ? 0 : 1;
