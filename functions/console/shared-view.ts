import { isUnavailable, type Unavailable } from "../shared/overview/unavailable.ts";
import type { Overview } from "../shared/overview/overview.ts";
import { within } from "../shared/time/within.ts";

/** A part of the overview: the last good answer, and why there is no newer one. */
export interface Part<Value> {
  readonly value: Value | undefined;
  /** When it was asked, ISO 8601. */
  readonly at: string | undefined;
  readonly error: string | undefined;
}

/** The overview as far as it was ever seen. */
export interface Seen {
  /** When it was asked last. */
  readonly at: string;
  readonly spool: Part<Answered<Overview["spool"]>>;
  readonly queues: Part<Answered<Overview["queues"]>>;
  readonly conversions: Part<Answered<Overview["conversions"]>>;
  readonly identifiers: Part<Answered<Overview["identifiers"]>>;
}

type Answered<Value> = Exclude<Value, Unavailable>;

/**
 * One overview for all who look: asked when somebody looks and the last one is not fresh any more, one at a time, and no
 * more often than at every fifth of the time, however slow OpenNebula is.
 */
export class SharedView {
  readonly #collect: () => Promise<Overview>;
  readonly #now: () => number;
  readonly #patienceMs: number;
  #seen: Seen | undefined;
  #freshUntil = Number.NEGATIVE_INFINITY;
  #expiries = 0;
  #underWay: { readonly expiries: number; readonly done: Promise<void> } | undefined;

  /** @param options.now monotonic milliseconds */
  constructor(
    collect: () => Promise<Overview>,
    options: { readonly now?: () => number; readonly patienceMs?: number } = {},
  ) {
    this.#collect = collect;
    this.#now = options.now ?? (() => performance.now());
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
  }

  /** The newest there is. Who has something to look at already is not kept waiting for long. */
  async latest(): Promise<Seen> {
    if (this.#now() >= this.#freshUntil) {
      const refreshed = this.#refresh();
      await (this.#seen === undefined
        ? refreshed
        : within(this.#patienceMs, refreshed, () => undefined));
    }
    return this.#seen ?? this.latest();
  }

  /** Something was changed: what was asked before does not count any more. */
  expire(): void {
    this.#expiries += 1;
    this.#freshUntil = Number.NEGATIVE_INFINITY;
  }

  async #refresh(): Promise<void> {
    while (this.#underWay !== undefined) {
      const { expiries, done } = this.#underWay;
      await done;
      if (expiries === this.#expiries) {
        return;
      }
    }
    const expiries = this.#expiries;
    this.#underWay = { expiries, done: this.#ask(expiries) };
    await this.#underWay.done;
  }

  async #ask(expiries: number): Promise<void> {
    const began = this.#now();
    try {
      this.#seen = merge(await this.#collect(), this.#seen);
    } finally {
      this.#underWay = undefined;
    }
    const ended = this.#now();
    if (expiries === this.#expiries) {
      this.#freshUntil = ended + Math.max(FRESH_MS, FRESH_TIMES * (ended - began));
    }
  }
}

/** A look at the page costs at most one question in this time. */
const FRESH_MS = 2000;
const FRESH_TIMES = 4;

/** The page comes back by itself. */
const PATIENCE_MS = 1000;

function merge(overview: Overview, last: Seen | undefined): Seen {
  const { at, spool, queues, conversions, identifiers } = overview;
  return {
    at,
    spool: part(spool, at, last?.spool),
    queues: part(queues, at, last?.queues),
    conversions: part(conversions, at, last?.conversions),
    identifiers: part(identifiers, at, last?.identifiers),
  };
}

function part<Value extends object>(
  answer: Value | Unavailable,
  at: string,
  last: Part<Value> | undefined,
): Part<Value> {
  return isUnavailable(answer)
    ? { value: last?.value, at: last?.at, error: answer.error }
    : { value: answer, at, error: undefined };
}
