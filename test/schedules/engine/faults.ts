/**
 * Where a fault can strike: each await of a process on the world outside of it. `change` and `look` are calls of OpenNebula, told
 * apart because faults at the former are worth more.
 */
export type Point = "change" | "look" | "queue" | "disk";

/** What goes wrong at one await. All times are virtual. */
export type Fault =
  /** The process is killed before the operation has any effect, and started anew later. */
  | { readonly kind: "crash before"; readonly downSeconds: number }
  /** The operation has its effect, and the process is killed before it learns of it. */
  | { readonly kind: "crash after"; readonly downSeconds: number }
  /** The whole process stands still (SIGSTOP, a paused machine) once the operation is done: its leases run out. */
  | { readonly kind: "stall"; readonly seconds: number }
  /** No effect, and an error. */
  | { readonly kind: "fail" }
  /** The effect, and an error. */
  | { readonly kind: "lose answer" }
  /** The effect at once, the answer late. */
  | { readonly kind: "slow answer"; readonly seconds: number }
  /** The effect late: the caller may have given up meanwhile. */
  | { readonly kind: "slow effect"; readonly seconds: number }
  /** OpenNebula says no, as it does without a leader or with a full datastore: only to a change. */
  | { readonly kind: "refuse" };

/** The `nth` time (from 0) that any process comes to such a point. */
export interface PlannedFault {
  readonly at: Point;
  readonly nth: number;
  readonly fault: Fault;
}

/** Hands out the planned faults as the points are reached, until it is told that there are no more. */
export class Faults {
  readonly #plan: ReadonlyMap<string, Fault>;
  readonly #reached: Record<Point, number> = { change: 0, look: 0, queue: 0, disk: 0 };
  #over = false;

  constructor(plan: readonly PlannedFault[]) {
    this.#plan = new Map(plan.map(({ at, nth, fault }) => [`${at} ${nth}`, fault]));
  }

  /** Counts a point, and says what goes wrong there. */
  take(at: Point): Fault | undefined {
    if (this.#over) {
      return undefined;
    }
    const fault = this.#plan.get(`${at} ${this.#reached[at]}`);
    this.#reached[at] += 1;
    return fault;
  }

  /** From now on nothing goes wrong. */
  end(): void {
    this.#over = true;
  }
}
