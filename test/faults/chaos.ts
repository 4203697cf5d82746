import { setTimeout as sleep } from "node:timers/promises";
import { steps } from "../../functions/registry.ts";
import type { Random } from "../fuzz/random.ts";
import { childrenOf } from "./children.ts";
import type { QueueUnderTest } from "./queues.ts";
import type { Scene } from "./scene.ts";
import type { Supervisor } from "./supervisor.ts";

/** What was killed. */
export interface Kills {
  functions: number;
  /** Of them, while the function had a message in its hands. */
  atWork: number;
  qemu: number;
  broker: number;
}

/** Kills functions, qemu-img and the queue's server at random moments until then. */
export async function killAtRandom(
  { site, functions, queue }: Pick<Scene, "site" | "functions" | "queue">,
  random: Random,
  until: number,
): Promise<Kills> {
  const kills = { functions: 0, atWork: 0, qemu: 0, broker: 0 };
  await Promise.all([
    killFunctions({ site, functions, queue }, random, until, kills),
    killQemu(functions, random, until, kills),
    killBroker(queue, random, until, kills),
  ]);
  return kills;
}

/** Mostly one that is at work, since an idle one has nothing to lose. */
async function killFunctions(
  { site, functions, queue }: Pick<Scene, "site" | "functions" | "queue">,
  random: Random,
  until: number,
  kills: Kills,
): Promise<void> {
  const queues = queue.open(site.config);
  while (performance.now() < until) {
    await sleep(random.below(400));
    const names = [...functions.pids().keys()];
    let victim = random.pick(names);
    for (let look = 0; look < LOOKS && random.percent(95); look++) {
      const candidate = random.pick(Object.keys(steps));
      const depth = await depthOf(queues, candidate);
      if (depth > 0) {
        victim = candidate;
        kills.atWork += 1;
        await sleep(random.below(150));
        break;
      }
    }
    kills.functions += 1;
    await functions.kill(names.indexOf(victim));
  }
  await queues.close();
}

/** A server that is being killed knows of nothing in flight. */
async function depthOf(queues: ReturnType<QueueUnderTest["open"]>, name: string): Promise<number> {
  try {
    return (await (await queues.open(name)).depth()).inFlight;
  } catch {
    return 0;
  }
}

async function killQemu(
  functions: Supervisor,
  random: Random,
  until: number,
  kills: Kills,
): Promise<void> {
  while (performance.now() < until) {
    const pid = functions.pids().get("convert-image") ?? 0;
    const [child] = await childrenOf(pid, "qemu-img");
    if (child !== undefined && random.percent(60) && killed(child)) {
      kills.qemu += 1;
    }
    await sleep(child === undefined ? 2 : 20);
  }
}

/** @returns false when it has ended meanwhile */
function killed(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

async function killBroker(
  queue: QueueUnderTest,
  random: Random,
  until: number,
  kills: Kills,
): Promise<void> {
  while (queue.kill !== undefined && performance.now() < until) {
    await sleep(500 + random.below(3000));
    kills.broker += 1;
    await queue.kill();
  }
}

const LOOKS = 40;
