import { createHash, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AvailableJob } from "../../functions/job/job.ts";
import { FIRST_STEP } from "../../functions/registry.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import { sqsEnvironment, startElasticMq } from "../../infra/elasticmq.ts";
import { runProcess } from "../e2e/processes.ts";
import type { ImageSnapshot } from "../fakes/opennebula/image-snapshot.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { cpuSeconds, residentMib } from "./process-cost.ts";
import { progress } from "./progress.ts";
import type { Bar, Finding } from "./results.ts";
import { sha512Digest } from "../../functions/job/digest.ts";

/**
 * What an event costs the functions, conversion and OpenNebula's copy left out: so many images announced at once, in a cloud that
 * has so many already. All functions in one process of their own; the simulator takes its time in this one.
 */
export async function* benchGrowth(): AsyncGenerator<Finding> {
  const embedded = await measure({ queue: EMBEDDED, events: 1 });
  const compared = (finding: Finding): Finding => {
    const ratio = (finding.figures["cpuMs"] ?? 0) / (embedded.figures["cpuMs"] ?? 0);
    return { ...finding, comparedWith: `${ratio.toFixed(2)} x the CPU of ${embedded.what}` };
  };
  yield embedded;
  for (const events of [10, 100, 1000]) {
    yield compared(await measure({ queue: EMBEDDED, events }));
  }
  yield compared(await measure({ queue: EMBEDDED, events: 100, others: 10_000 }));
  const broker = await startElasticMq();
  try {
    const env = sqsEnvironment(broker.endpoint);
    using _ = setVariables(env); // the SDK reads its keys there
    const queue = { name: "ElasticMQ", panel: "elasticmq", env } as const;
    for (const events of [1, 10, 100, 1000]) {
      yield compared(await measure({ queue, events }));
    }
  } finally {
    await broker.stop();
  }
}

/** Sets variables of this process until the end of the scope: what is measured next must not have them. */
function setVariables(variables: Readonly<Record<string, string>>): Disposable {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(variables)) {
        delete process.env[name];
      }
      Object.assign(process.env, before);
    },
  };
}

interface Load {
  readonly queue: {
    readonly name: string;
    readonly panel: Bar["panel"];
    readonly env?: Readonly<Record<string, string>>;
  };
  readonly events: number;
  /** Images that the pool has before. */
  readonly others?: number;
}

const EMBEDDED = { name: "embedded queue", panel: "embedded" } as const;

/** Events that come before those that are measured, so that programs are loaded and the pool has been read. */
const WARM_UP = 10;
/** Fewer are announced again and again: their processor time is measured in hundredths of a second. */
const LEAST_EVENTS = 20;

async function measure({ queue, events, others = 0 }: Load): Promise<Finding> {
  const crowd = others === 0 ? "" : `, ${others.toLocaleString("en")} other images in the pool`;
  const what = `${events} ${events === 1 ? "event" : "events"} at once, ${queue.name}${crowd}`;
  progress(what);
  const { env = {} } = queue;
  const site = await createSite({ simulator: { copySeconds: 0 }, env });
  const functions = runProcess([], { ...site.env });
  try {
    for (let at = 0; at < others; at++) {
      site.simulator.addImage({ name: `other ${at}` });
    }
    await announce(site, WARM_UP);
    await untilLive(site, WARM_UP);
    const times = Math.max(1, Math.ceil(LEAST_EVENTS / events));
    const before = await cpuSeconds(functions.pid);
    const start = performance.now();
    for (let time = 1; time <= times; time++) {
      await announce(site, events);
      await untilLive(site, WARM_UP + time * events);
    }
    const seconds = (performance.now() - start) / 1000;
    const used = (await cpuSeconds(functions.pid)) - before;
    const cpuMs = (used / times / events) * 1000;
    const perSecond = (times * events) / seconds;
    const mib = await residentMib(functions.pid);
    return {
      what,
      value: `${cpuMs.toFixed(1)} ms CPU each, ${perSecond.toFixed(0)} a second, ${mib.toFixed(0)} MiB`,
      comparedWith: "",
      figures: { cpuMs, perSecond, residentMib: mib },
      ...(others === 0
        ? { bar: { panel: queue.panel, label: events.toLocaleString("en"), of: "ours" } }
        : {}),
    };
  } finally {
    await functions.stop();
    await site.close();
  }
}

/** Sends the first event of so many new images to the first queue; each is a pinned RAW disk of 4 KiB. */
async function announce(site: Site, events: number): Promise<void> {
  const { stagingDirectory } = site.config;
  await mkdir(stagingDirectory, { recursive: true });
  const queues = openQueues(site.config);
  try {
    const queue = await queues.open(FIRST_STEP);
    for (let at = 0; at < events; at++) {
      const job = await announced(stagingDirectory);
      const { id, identifier } = job;
      await queue.send({ body: JSON.stringify({ job }), group: identifier, deduplicationId: id });
    }
  } finally {
    await queues.close();
  }
}

async function announced(stagingDirectory: string): Promise<AvailableJob> {
  const id = randomBytes(16).toString("hex");
  const disk = randomBytes(4096);
  const path = join(stagingDirectory, `pin-${id}`);
  await writeFile(path, disk, { mode: 0o644 });
  return {
    id,
    event: "available",
    eventTime: `${new Date().toISOString().slice(0, -1)}000000Z`,
    identifier: `image-${id}`,
    attributes: { VMCATCHER_EVENT_DC_TITLE: "bench" },
    restarts: 0,
    digest: sha512Digest(createHash("sha512").update(disk).digest("hex")),
    source: { path, pinned: true, format: "RAW" },
  };
}

/** The simulator is asked in this process, which costs no call; seldom, for it has one core. */
async function untilLive({ simulator }: Site, count: number): Promise<void> {
  const isLive = (image: ImageSnapshot) => image.attributes[STATE] === "live";
  while (simulator.images().filter(isLive).length < count) {
    await sleep(LOOK_MS);
  }
}

const LOOK_MS = 100;
