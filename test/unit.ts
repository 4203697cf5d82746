import { availableParallelism } from "node:os";
import { execa } from "execa";

/*
 * npm run test:unit
 *
 * Shares the files of unit tests out to as many processes as there are cores. A file has none of its own: starting one takes longer than
 * most files do. What a process prints is shown when it has ended.
 */
const FILES = "test/!(contract|e2e|bench|container|faults)/**/*.test.ts";
const TIMEOUT_MS = 120_000; // of one test

const shards = availableParallelism();
process.stdout.write(
  `unit tests in ${shards} processes; each one's results follow when it has ended\n`,
);
const runs = await Promise.all(
  Array.from({ length: shards }, async (_, index) => {
    const { exitCode, all } = await execa({ all: true, reject: false })(process.execPath, [
      "--test",
      "--test-isolation=none",
      `--test-timeout=${TIMEOUT_MS}`,
      `--test-shard=${index + 1}/${shards}`,
      "--test-reporter=spec",
      FILES,
    ]);
    process.stdout.write(`${all}\n`);
    return exitCode;
  }),
);
process.exitCode = runs.every((exitCode) => exitCode === 0) ? 0 : 1;
