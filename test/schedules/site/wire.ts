import type { Post } from "../../../functions/shared/opennebula/http-post.ts";
import type { Random } from "../engine/random.ts";
import { currentProcess, never, type SimulatedProcess } from "../engine/simulated-process.ts";
import type { Timeline } from "../engine/timeline.ts";
import { isLook, methodOf, type FrontEnd } from "./front-end.ts";

/**
 * The way of requests and answers between the processes and the front end, in place of HTTP. Once it is sent, a request arrives,
 * whatever becomes of who sent it; and whoever gives up waiting does not undo it.
 */
export class Wire {
  readonly #frontEnd: FrontEnd;
  readonly #timeline: Timeline;
  readonly #random: Random;
  /** Calls of each process that have been sent and not been answered. */
  readonly #open = new WeakMap<SimulatedProcess, number>();
  /** The most calls that one process ever had open. */
  mostAtOnce = 0;

  constructor(frontEnd: FrontEnd, timeline: Timeline, random: Random) {
    this.#frontEnd = frontEnd;
    this.#timeline = timeline;
    this.#random = random;
  }

  /** The transport of the process that calls it. */
  readonly post: Post = (_endpoint, body, options) => {
    const process = currentProcess();
    if (!process.alive) {
      return never();
    }
    const method = methodOf(body);
    const fault = process.fault(isLook(method) ? "look" : "change", () => method);
    if (fault?.kind === "crash before") {
      process.kill(fault.downSeconds);
      return never();
    }
    const { signal } = options;
    const exchange = Promise.withResolvers<void>();
    let over = false;
    const end = (settle: () => void): void => {
      if (!over) {
        over = true;
        this.#count(process, -1);
        signal.removeEventListener("abort", abort);
        settle();
      }
    };
    const abort = (): void => end(() => exchange.reject(signal.reason));
    const onFailure = (text: string): void =>
      process.later(this.#latencyMs(), () => end(() => exchange.reject(new Error(text))));
    const onAnswer = (answer: string, isAlive: () => boolean): void => {
      if (fault?.kind === "crash after") {
        process.kill(fault.downSeconds);
        return;
      }
      if (fault?.kind === "stall") {
        process.stall(fault.seconds);
      }
      const lateMs = fault?.kind === "slow answer" ? fault.seconds * 1000 : 0;
      process.later(this.#latencyMs() + lateMs, () =>
        end(() => {
          if (fault?.kind === "lose answer" || !isAlive()) {
            exchange.reject(new Error("read ECONNRESET"));
          } else {
            exchange.resolve(take(answer, options));
          }
        }),
      );
    };
    this.#count(process, 1);
    if (signal.aborted) {
      abort(); // nothing is sent
    } else if (fault?.kind === "fail") {
      onFailure("connect ECONNRESET");
    } else {
      signal.addEventListener("abort", abort, { once: true });
      const asWithoutLeader = fault?.kind === "refuse";
      const askedAt = this.#timeline.now;
      const request = { body, by: process.name, askedAt, asWithoutLeader, onAnswer, onFailure };
      const lateMs = fault?.kind === "slow effect" ? fault.seconds * 1000 : 0;
      this.#timeline.after(this.#latencyMs() + lateMs, () => this.#frontEnd.receive(request));
    }
    return exchange.promise;
  };

  #count(process: SimulatedProcess, change: 1 | -1): void {
    const open = (this.#open.get(process) ?? 0) + change;
    this.#open.set(process, open);
    this.mostAtOnce = Math.max(this.mostAtOnce, open);
  }

  #latencyMs(): number {
    return 1 + 30 * this.#random.next() ** 2 + (this.#random.chance(0.01) ? 3000 : 0);
  }
}

/** Hands an answer over; what the reader throws is the outcome of the call. */
async function take(answer: string, to: { onData(chunk: Buffer): void }): Promise<void> {
  to.onData(Buffer.from(answer));
}
