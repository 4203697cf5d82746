import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { execa } from "execa";

/** Runs the command in a process of its own, as it must be. */
function schedules(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return execa(process.execPath, [join(import.meta.dirname, "main.ts"), "--jobs", "1", ...args], {
    reject: false,
    timeout: 100_000,
    env,
  });
}

/** The lines of what happened, without the temporary directory, which has another name each time. */
function traceOf(stdout: string): readonly string[] {
  return stdout
    .replaceAll(/vmcatcher-one-\w{6}/g, "")
    .split("\n")
    .filter((line) => /^\d+\.\d{3} s /.test(line));
}

describe("npm run test:schedules", () => {
  it("does the same for the same seed, to the last call, also after others and where programs lie elsewhere", async () => {
    const [alone, after] = await Promise.all([
      schedules(["--seeds", "1", "--seed", "15", "--trace"]),
      schedules(["--seeds", "3", "--seed", "13", "--trace"], {
        PATH: `/nowhere:${process.env["PATH"]}`,
      }),
    ]);
    const trace = traceOf(alone.stdout);
    assert.ok(trace.length > 50, "there is a trace to compare");
    assert.deepEqual(traceOf(after.stdout).slice(-trace.length), trace);
  });

  it("ends with the numbers of schedules and violations", async () => {
    const { stdout, exitCode } = await schedules(["--seeds", "3", "--seed", "11"]);
    assert.equal(stdout.split("\n").at(-1), "3 schedules, 0 violations");
    assert.equal(exitCode, 0);
  });

  it("schedules that failed once do not fail any more", async () => {
    const directory = join(import.meta.dirname, "../fixtures/schedules");
    const { stdout } = await schedules(["--replay", directory]);
    assert.match(stdout, /[1-9]\d* schedules, 0 violations$/, stdout);
  });
});
