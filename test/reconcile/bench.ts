import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reconcileDeps } from "../../functions/cli/reconcile-deps.ts";
import { drainSpool } from "../../functions/enqueue-event/drain.ts";
import { Leftovers } from "../../functions/enqueue-event/leftovers.ts";
import { openSpool } from "../../functions/shared/spool/spool.ts";
import { applyPlan, makePlan } from "../../functions/reconcile/handler.ts";
import type { Finding, Plan } from "../../functions/reconcile/plan.ts";
import { FIRST_STEP, steps, type StepName } from "../../functions/registry.ts";
import { systemClock } from "../../functions/shared/time/clock.ts";
import type { Deps } from "../../functions/shared/step/deps.ts";
import { GiveUp } from "../../functions/shared/step/errors.ts";
import { silentLog } from "../../functions/shared/log/log.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import type { Queues } from "../../functions/shared/queue/queue.ts";
import { createSite, type Site } from "../fakes/site.ts";
import type { ListedImage } from "../fakes/vmcatcher/vmcatcher.ts";
import { endorsementOf } from "../../functions/shared/worker/endorsement-sources.ts";

export const ONE = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
export const OTHER = "1b4d6c7e-52c5-4d0f-8a7a-0f4f6a3b9c21";
export const THIRD = "5d6b9a47-6b3c-5f9c-8a3e-0f3b9f0f3a11";

/** A site with vmcatcher, the hook, a queue file and the chain, which goes on only when it is told to. */
export class Bench implements AsyncDisposable {
  readonly site: Site;
  #queues: Queues;

  static async create(env: Readonly<Record<string, string>> = {}): Promise<Bench> {
    const site = await createSite({ env, simulator: { copySeconds: 0.01, deleteSeconds: 0.01 } });
    await mkdir(site.config.stagingDirectory, { recursive: true });
    return new Bench(site);
  }

  constructor(site: Site) {
    this.site = site;
    this.#queues = openQueues(site.config);
  }

  /** The image is in the list with this version, and this content. */
  async endorse(
    identifier: string,
    version: string,
    more: Partial<ListedImage> = {},
  ): Promise<void> {
    const file = join(this.site.directory, `${identifier}-${version}.img`);
    const disk = Buffer.alloc(8192);
    disk.write(`version ${version}\0\xff`, 4096, "latin1");
    await writeFile(file, disk);
    const listed = { identifier, file, title: `image ${version}`, version, format: "RAW" };
    await this.site.vmcatcher.endorse({ ...listed, ...more });
  }

  /** Endorses, lets vmcatcher run, and the chain. */
  async publish(identifier: string, version: string, more?: Partial<ListedImage>): Promise<void> {
    await this.endorse(identifier, version, more);
    await this.site.vmcatcher.run();
    await this.work();
  }

  get deps(): Deps {
    return {
      config: this.site.config,
      opennebula: this.site.oneadmin,
      endorsement: endorsementOf(this.site.config),
      clock: systemClock,
      log: silentLog,
    };
  }

  /** All that waits goes through the chain, up to the queue of `until`. */
  async work(until?: StepName): Promise<void> {
    await this.drain();
    for (let name: StepName | undefined = FIRST_STEP; name !== undefined && name !== until;) {
      while (await this.#handleOne(name)) {
        // until its queue is empty
      }
      const next: string | undefined = steps[name].next;
      name = next === undefined ? undefined : names.find((known) => known === next);
    }
  }

  async drain(): Promise<void> {
    const queue = await this.#queues.open(FIRST_STEP);
    await drainSpool(
      await openSpool(this.site.config),
      { ...this.deps, queue, leftovers: new Leftovers() },
      signal(),
    );
  }

  async plan(massRetirement = false): Promise<Plan> {
    return (await this.#make(massRetirement)).plan;
  }

  /** `kind identifier` of each finding, with a `!` when it is not repaired now. */
  async findings(): Promise<readonly string[]> {
    return (await this.plan()).findings.map(
      ({ kind, identifier, repair, held }) =>
        `${kind} ${identifier}${repair === undefined || held !== undefined ? " !" : ""}`,
    );
  }

  /** @param between happens after the plan was made */
  async apply(
    massRetirement = false,
    between: () => Promise<unknown> = async () => undefined,
  ): Promise<readonly Finding[]> {
    const made = await this.#make(massRetirement);
    await between();
    return applyPlan(made, reconcileDeps(this.deps, this.#queues));
  }

  /** What an accident leaves of the queue's file. */
  async loseQueue(): Promise<void> {
    await this.#queues.close();
    await rm(join(this.site.config.home, "queue"), { recursive: true });
    this.#queues = openQueues(this.site.config);
  }

  async loseSpool(): Promise<void> {
    await rm(this.site.config.spoolDirectory, { recursive: true, force: true });
  }

  /** `NAME STATE version` of each image, oldest first; the time in a name is left out. */
  async images(): Promise<readonly string[]> {
    const images = await this.site.images();
    return images
      .map(({ name, state, attributes }) => {
        const shortName = name
          .replace(/[_ ]\d{4}-\d\d-\d\d_.*$/, "~")
          .replace(/\.pending\..*$/, ".pending");
        return `${shortName} ${state} ${attributes.get("VMCATCHER_EVENT_HV_VERSION")}`;
      })
      .toReversed();
  }

  /** How many images were uploaded so far. */
  uploads(): number {
    return this.site.simulator.calls().filter(({ method }) => method === "one.image.allocate")
      .length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queues.close();
    await this.site.close();
  }

  #make(massRetirement: boolean) {
    return makePlan(reconcileDeps(this.deps, this.#queues), { massRetirement }, signal());
  }

  async #handleOne(name: StepName): Promise<boolean> {
    const queue = await this.#queues.open(name);
    const delivery = await queue.receive({ waitSeconds: 0, leaseSeconds: 60 });
    if (delivery === undefined) {
      return false;
    }
    const step = steps[name];
    try {
      const result = await step.run(JSON.parse(delivery.body), this.deps, signal());
      if (step.next !== undefined) {
        const next = await this.#queues.open(step.next);
        await next.send({
          body: JSON.stringify(result),
          group: delivery.group,
          deduplicationId: `${delivery.messageId}-${name}`,
        });
      }
      await queue.remove(delivery);
    } catch (error) {
      if (!(error instanceof GiveUp)) {
        throw error;
      }
      const reason = { code: error.code, text: error.message, step: name, time: "", attempts: 1 };
      await queue.deadLetter(delivery, reason);
    }
    return true;
  }
}

const names = Object.keys(steps).filter((name): name is StepName => Object.hasOwn(steps, name));

function signal(): AbortSignal {
  return AbortSignal.timeout(30_000);
}
