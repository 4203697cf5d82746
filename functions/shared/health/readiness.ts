import type { CallReport } from "../opennebula/rpc.ts";
import type { DepthProbe } from "./depth-probe.ts";

/** What `GET /readyz` answers. */
export interface ReadinessReport {
  readonly ready: boolean;
  /** Why not, in a few words. */
  readonly reason?: string;
  /** By function: `ok`, or a short word that says what is wrong with its queue. */
  readonly queues: Readonly<Record<string, string>>;
  readonly opennebula: LastCall | "not called yet";
}

/** The last call to OpenNebula that has ended. */
interface LastCall extends Pick<CallReport, "method" | "outcome"> {
  readonly secondsAgo: number;
}

/**
 * Ready means: the queue can be used, so that work is taken and passed on.
 *
 * OpenNebula is shown and does not count. Its outages are what the queue is there for: messages wait and are tried again,
 * conversions go on, and an orchestrator that replaced or held back processes meanwhile would only do harm. It is not
 * called for this either: oned serves few connections, and every probe of every replica would take one.
 */
export class Readiness {
  readonly #now: () => number;
  readonly #stop: AbortSignal;
  #probes: readonly DepthProbe[] | undefined;
  #lastCall: (CallReport & { readonly at: number }) | undefined;

  /** @param now monotonic milliseconds */
  constructor(stop: AbortSignal, now: () => number = () => performance.now()) {
    this.#stop = stop;
    this.#now = now;
  }

  /** None until the queues have been opened. */
  get probes(): readonly DepthProbe[] {
    return this.#probes ?? [];
  }

  opened(probes: readonly DepthProbe[]): void {
    this.#probes = probes;
  }

  called(call: CallReport): void {
    this.#lastCall = { ...call, at: this.#now() };
  }

  async report(): Promise<ReadinessReport> {
    const opennebula = this.#opennebula();
    if (this.#stop.aborted) {
      return { ready: false, reason: "stopping", queues: {}, opennebula };
    }
    if (this.#probes === undefined) {
      return { ready: false, reason: "the queue could not be opened yet", queues: {}, opennebula };
    }
    const found = this.#probes.map(async ({ function: name, ask }) => {
      const answer = await ask();
      return [name, "failure" in answer ? answer.failure : "ok"] as const;
    });
    const answers = await Promise.all(found);
    const queues = Object.fromEntries(answers);
    return answers.every(([, word]) => word === "ok")
      ? { ready: true, queues, opennebula }
      : { ready: false, reason: "a queue cannot be reached", queues, opennebula };
  }

  #opennebula(): ReadinessReport["opennebula"] {
    if (this.#lastCall === undefined) {
      return "not called yet";
    }
    const { method, outcome, at } = this.#lastCall;
    return { method, outcome, secondsAgo: Math.round((this.#now() - at) / 1000) };
  }
}
