import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { createSite } from "../fakes/site.ts";
import { cpuSeconds, residentMib } from "./process-cost.ts";
import type { Finding } from "./results.ts";

/** What all functions in one process cost while nothing happens. Measured on the bundle. */
export async function* benchIdle(): AsyncGenerator<Finding> {
  const site = await createSite();
  const child = execa("node", ["dist/vmcatcher-one.js", "run"], {
    env: { ...site.env },
    stdout: "ignore",
    stderr: "inherit",
    reject: false,
  });
  try {
    const pid = child.pid ?? 0;
    await sleep(SETTLE_SECONDS * 1000);
    const before = await cpuSeconds(pid);
    await sleep(MEASURE_SECONDS * 1000);
    const percent = (((await cpuSeconds(pid)) - before) / MEASURE_SECONDS) * 100;
    const mib = await residentMib(pid);
    yield {
      what: "idle, all functions in one process",
      value: `${percent.toFixed(2)} % CPU, ${mib.toFixed(0)} MiB`,
      comparedWith: "promised: under 1 % CPU and 150 MiB",
      figures: { percent, residentMib: mib },
    };
  } finally {
    child.kill("SIGTERM");
    await child;
    await site.close();
  }
}

const SETTLE_SECONDS = 3;
const MEASURE_SECONDS = 15;
