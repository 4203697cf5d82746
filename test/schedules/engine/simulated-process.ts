import { AsyncLocalStorage } from "node:async_hooks";
import { closeSync } from "node:fs";
import type { Fault, Faults, Point } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";

/** What all processes of one simulation have in common. */
export interface Machinery {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly faults: Faults;
  /** Notes what happens, for whoever reads a failing schedule. */
  readonly trace: (line: () => string) => void;
}

/**
 * A process: it waits for nothing but what goes through `operation` or `later`. Killed, it never hears of any of that again, which
 * is as if its memory were gone; what it has done to disk, queue and OpenNebula stays.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly machinery: Machinery;
  /** As SIGTERM. */
  readonly stop = new AbortController();
  /** Open files, which the kernel closes when the process ends. */
  readonly descriptors = new Set<number>();
  readonly #whenKilled: (downSeconds: number) => void;
  #stalledUntil = 0;
  alive = true;
  /** Called when the hook has recorded an event, as the kernel tells a watcher of the directory. */
  wake: () => void = () => undefined;

  constructor(name: string, machinery: Machinery, whenKilled: (downSeconds: number) => void) {
    this.name = name;
    this.machinery = machinery;
    this.#whenKilled = whenKilled;
  }

  /** Runs the program. Everything that it starts belongs to this process. */
  run(main: () => void): void {
    current.run(this, main);
  }

  /**
   * An operation on the world outside with a synchronous effect. This is where faults strike.
   * @param fail the error of the kind of operation
   */
  operation<T>(options: {
    readonly at: Point;
    readonly what: () => string;
    readonly effect: () => T;
    readonly latencyMs: number;
    readonly fail: () => Error;
  }): Promise<T> {
    if (!this.alive) {
      return never();
    }
    const { at, effect, fail, latencyMs } = options;
    const fault = this.fault(at, options.what);
    if (fault?.kind === "crash before") {
      this.kill(fault.downSeconds);
      return never();
    }
    if (fault?.kind === "fail" || fault?.kind === "refuse") {
      return this.settled(latencyMs, () => Promise.reject(fail()));
    }
    const outcome = attempt(effect);
    if (fault?.kind === "crash after") {
      this.kill(fault.downSeconds);
      return never();
    }
    if (fault?.kind === "stall") {
      this.stall(fault.seconds);
    }
    const late =
      fault?.kind === "slow answer" || fault?.kind === "slow effect" ? fault.seconds * 1000 : 0;
    return this.settled(latencyMs + late, () =>
      fault?.kind === "lose answer" ? Promise.reject(fail()) : outcome(),
    );
  }

  /** The fault that is planned for the point which the process has come to. */
  fault(at: Point, what: () => string): Fault | undefined {
    const { faults, trace } = this.machinery;
    const fault = faults.take(at);
    if (fault !== undefined) {
      trace(() => `${this.name}: ${describe(fault)} at ${what()}`);
    }
    return fault;
  }

  /** Runs something in this process later, unless it is killed before; a process that stands still is late. */
  later(milliseconds: number, run: () => void): void {
    const { timeline } = this.machinery;
    timeline.after(milliseconds, () => {
      if (!this.alive) {
        return;
      }
      if (timeline.now < this.#stalledUntil) {
        this.later(this.#stalledUntil - timeline.now, run);
        return;
      }
      current.run(this, run);
    });
  }

  /** A promise that takes up the outcome after a while; never, when the process is killed before. */
  settled<T>(milliseconds: number, outcome: () => T | PromiseLike<T>): Promise<T> {
    return new Promise((resolve) => this.later(milliseconds, () => resolve(outcome())));
  }

  stall(seconds: number): void {
    const { timeline } = this.machinery;
    this.#stalledUntil = Math.max(this.#stalledUntil, timeline.now + seconds * 1000);
  }

  /** As SIGKILL. */
  kill(downSeconds: number): void {
    if (this.alive) {
      this.end();
      this.#whenKilled(downSeconds);
    }
  }

  /** Nothing of it runs any more. */
  end(): void {
    this.alive = false;
    for (const descriptor of this.descriptors) {
      closeSync(descriptor);
    }
    this.descriptors.clear();
  }
}

/** The process whose code is running. @throws Error outside of one */
export function currentProcess(): SimulatedProcess {
  const process = current.getStore();
  if (process === undefined) {
    throw new Error("this is called outside of a simulated process");
  }
  return process;
}

/** The process whose code is running, if there is one. */
export function currentProcessIfAny(): SimulatedProcess | undefined {
  return current.getStore();
}

/** What a killed process waits for. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

const current = new AsyncLocalStorage<SimulatedProcess>();

/** Does it now, and gives or throws the outcome when it is asked for. */
function attempt<T>(effect: () => T): () => T | Promise<never> {
  try {
    const value = effect();
    return () => value;
  } catch (error) {
    return () => Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

function describe(fault: Fault): string {
  const seconds =
    "seconds" in fault ? fault.seconds : "downSeconds" in fault ? fault.downSeconds : undefined;
  return seconds === undefined ? fault.kind : `${fault.kind} (${Math.round(seconds)} s)`;
}
