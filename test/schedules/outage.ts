import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { replaceGlobals } from "./engine/replace-globals.ts";
import { replaceModules } from "./engine/replace-modules.ts";
import type { OutageReport } from "./outage-report.ts";
import type { PlannedAction, Schedule } from "./schedule.ts";

/*
 * A day without OpenNebula, or without the queue, while vmcatcher announces many images; run by outage.test.ts. Prints an
 * OutageReport.
 */
process.env["TZ"] = "UTC";
replaceModules();
replaceGlobals();
const { DIRECTORY } = await import("./directory.ts");
const { checkAtRest } = await import("./invariants/at-rest.ts");
const { play } = await import("./play.ts");
const { ALL_TASKS } = await import("./site/program.ts");
const { Site } = await import("./site/site.ts");

const IMAGES = 16;
const DAY = 24 * 3600;
/** In the middle of the downloads, when jobs are at every step. */
const OUTAGE_AT = 5;
const LONGEST_BACKOFF = 1200;
/** Three hours in the model of qemu-img, and as much for one that has to begin anew. */
const LONGEST_CONVERSION = 6 * 3600;

const kind = process.argv[2] === "queue" ? "stop broker" : "kill oned";
const actions: PlannedAction[] = Array.from({ length: IMAGES }, (_, image) => ({
  at: 0,
  action: { kind: "endorse", image, version: 1, form: image % 3 === 0 ? "vhd" : "raw" },
}));
actions.push({ at: 1, action: { kind: "run" } });
actions.push({ at: OUTAGE_AT, action: { kind, seconds: DAY } });
const schedule: Schedule = {
  seed: 1,
  images: IMAGES,
  processes: [ALL_TASKS, ALL_TASKS],
  slots: 2,
  expireUnknown: "keep",
  account: "oneadmin",
  index: "readable",
  janitor: "absent",
  actions,
  faults: [],
};

const site = new Site(schedule, mkdtempSync(join(DIRECTORY, "vmcatcher-one-")), () => undefined);
try {
  play(schedule, site);
  await site.pass(OUTAGE_AT - 1);
  await site.pass(DAY);
  const queued = site.broker.all().reduce((sum, queue) => sum + queue.bodies().length, 0);
  const jobsDuring = queued + site.vmcatcher.spooled();
  site.frontEnd.busiestSecond = 0;
  await site.pass(10 + LONGEST_BACKOFF);
  const busiestAfter = site.frontEnd.busiestSecond;
  await site.pass(LONGEST_CONVERSION + 2 * site.config.sweepSeconds);
  const report: OutageReport = {
    jobsDuring,
    deadLetters: site.broker.all().reduce((sum, queue) => sum + queue.dead().length, 0),
    violations: checkAtRest(site, schedule),
    mostAtOnce: site.wire.mostAtOnce,
    busiestAfter,
  };
  process.stdout.write(JSON.stringify(report));
} finally {
  site.close();
}
