import { parseArgs } from "node:util";
import { execa } from "execa";

/*
 * npm run test:faults -- [--seconds N] [--seed S] [--images N] [NAME...]
 *
 * Real processes and real faults: kills, full disks, clocks that are set, networks that are cut, hundreds of images. NAME is one of
 * the test files (kill, disk-full, clock, two-hosts, many-images); all by default. `--seconds` is how long each history of
 * random kills goes on (15); from 60 on, the slow faults of ElasticMQ's own disk and clock are looked at too. Needs root.
 */
const LIMIT_SECONDS = 1200; // what a test may take besides, on a slow machine

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "15" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    images: { type: "string", default: "300" },
  },
});
const names = positionals.length > 0 ? positionals : ["*"];
const { exitCode } = await execa(
  process.execPath,
  [
    "--test",
    "--test-concurrency=3", // most of their time they wait
    `--test-timeout=${(Number(values.seconds) + LIMIT_SECONDS) * 1000}`,
    ...names.map((name) => `test/faults/${name}.test.ts`),
  ],
  {
    stdio: "inherit",
    reject: false,
    env: {
      FAULTS_SECONDS: values.seconds,
      FAULTS_SEED: values.seed,
      FAULTS_IMAGES: values.images,
    },
  },
);
process.exitCode = exitCode ?? 1;
