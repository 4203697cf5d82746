import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { benchConvert } from "./convert.ts";
import { benchGrowth } from "./growth.ts";
import { benchHook } from "./hook.ts";
import { benchIdle } from "./idle.ts";
import { benchInspect } from "./inspect.ts";
import { describeMachine, machineText } from "./machine.ts";
import { progress } from "./progress.ts";
import { benchReady } from "./ready.ts";
import type { Finding, Results } from "./results.ts";
import { benchStart } from "./start.ts";
import { benchUpdate } from "./update.ts";

/*
 * npm run bench [-- --json FILE] [--only NAME] [--mib CONTENT]
 *
 * Measures in one go what infra/bench/README.md promises, each figure beside what it is compared with.
 */

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    /** Of the disks that are converted. */
    mib: { type: "string", default: "1024" },
  },
});
const mib = Number(values.mib);
const benches = {
  start: benchStart,
  hook: benchHook,
  update: benchUpdate,
  idle: benchIdle,
  growth: benchGrowth,
  inspect: benchInspect,
  convert: () => benchConvert(mib),
  ready: () => benchReady(mib),
};
const machine = await describeMachine();
process.stdout.write(`${machineText(machine)}\n`);
const findings: Finding[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (values.only !== undefined && values.only !== name) {
    continue;
  }
  progress(name);
  for await (const finding of bench()) {
    findings.push(finding);
    process.stdout.write(
      `${finding.what.padEnd(62)} ${finding.value.padStart(34)}   ${finding.comparedWith}\n`,
    );
  }
}
if (values.json !== undefined) {
  const results = { machine, mib, findings } satisfies Results;
  await writeFile(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
}
