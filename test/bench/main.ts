import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { benchGrowth } from "./growth.ts";
import { benchHook } from "./hook.ts";
import { benchIdle } from "./idle.ts";
import { benchInspect } from "./inspect.ts";
import type { Finding } from "./measure.ts";
import { benchUpdate } from "./update.ts";

/*
 * npm run bench [-- --json FILE]
 *
 * Measures in one go what the README promises, each figure beside what it is compared with.
 */

const { values } = parseArgs({ options: { json: { type: "string" } } });
const findings: Finding[] = [];
for (const bench of [benchHook, benchUpdate, benchIdle, benchGrowth, benchInspect]) {
  for (const finding of await bench()) {
    findings.push(finding);
    process.stdout.write(
      `${finding.what.padEnd(62)} ${finding.value.padStart(34)}   ${finding.comparedWith}\n`,
    );
  }
}
if (values.json !== undefined) {
  await writeFile(values.json, `${JSON.stringify(findings, undefined, 2)}\n`);
}
