import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { execa } from "execa";
import type { OutageReport } from "./outage-report.ts";

const MAX_AT_ONCE = 10;
/** Two processes that work on twelve messages at a time; in ordinary work it is 30. */
const MAX_A_SECOND = 100;

describe("a day's outage with sixteen images under way", () => {
  for (const what of ["OpenNebula", "queue"]) {
    it(`of ${what}: nothing is given up, all goes on by itself, and not all at once`, async () => {
      const script = join(import.meta.dirname, "outage.ts");
      const { stdout } = await execa(process.execPath, [script, what], { timeout: 110_000 });
      const report: OutageReport = JSON.parse(stdout);
      assert.ok(report.jobsDuring > 5, `${report.jobsDuring} messages waited`);
      assert.equal(report.deadLetters, 0);
      assert.deepEqual(report.violations, []);
      assert.ok(report.mostAtOnce <= MAX_AT_ONCE, `${report.mostAtOnce} calls at once`);
      assert.ok(report.busiestAfter <= MAX_A_SECOND, `${report.busiestAfter} calls in a second`);
    });
  }
});
