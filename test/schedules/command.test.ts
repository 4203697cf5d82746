import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { execa } from "execa";

/** Runs the command in a process of its own, as it must be. */
function schedules(...args: string[]) {
  return execa(process.execPath, [join(import.meta.dirname, "main.ts"), "--jobs", "1", ...args], {
    reject: false,
    timeout: 100_000,
  });
}

describe("npm run test:schedules", () => {
  it("does the same for the same seed, to the last call", async () => {
    // The temporary directory and the time that it took are all that may differ.
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const { stdout } = await schedules("--seeds", "2", "--seed", "4", "--trace");
        return stdout.replaceAll(/vmcatcher-one-\w{6}/g, "").replace(/, [\d.]+ schedules.*/, "");
      }),
    );
    assert.equal(runs[0], runs[1]);
    assert.ok((runs[0]?.split("\n").length ?? 0) > 50, "there is a trace to compare");
  });

  it("ends with the numbers of schedules and violations", async () => {
    const { stdout, exitCode } = await schedules("--seeds", "3", "--seed", "11");
    assert.equal(stdout.split("\n").at(-1), "3 schedules, 0 violations");
    assert.equal(exitCode, 0);
  });

  it("schedules that failed once do not fail any more", async () => {
    const directory = join(import.meta.dirname, "../fixtures/schedules");
    const { stdout } = await schedules("--replay", directory);
    assert.match(stdout, /[1-9]\d* schedules, 0 violations$/, stdout);
  });
});
