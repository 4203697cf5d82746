/** What goes wrong with a call. Unless said otherwise the call has no effect. */
export type Fault =
  /** The connection is accepted and never answered. */
  | { readonly kind: "hang" }
  /** The connection is reset. */
  | { readonly kind: "reset" }
  /** The call takes effect, then the connection is reset without an answer. */
  | { readonly kind: "lose-answer" }
  /** The call takes effect, and only half of the answer is sent. */
  | { readonly kind: "cut-answer" }
  /** The call takes effect after a while: a client that has given up meanwhile does not stop it. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** The call takes effect at once and is answered after a while. */
  | { readonly kind: "delay-answer"; readonly milliseconds: number }
  | { readonly kind: "http-status"; readonly status: number }
  /** HTTP 200 with something that is not XML. */
  | { readonly kind: "not-xml" }
  /** What an HA cluster without a leader says to writes. */
  | { readonly kind: "election" }
  /** Any failure of OpenNebula; `[method]` is put before the text. */
  | {
      readonly kind: "error";
      readonly code: number;
      readonly text: string;
      readonly objectId?: number;
    };

/** Which calls go wrong, and how. */
export interface FaultRule {
  readonly fault: Fault;
  /** A name such as `one.image.rename`, or a pattern; default every method. */
  readonly method?: string | RegExp;
  /** Looks at the arguments, without the session. */
  readonly when?: (args: readonly unknown[]) => boolean;
  /** How many matching calls are let through first; default 0. */
  readonly skip?: number;
  /** How many go wrong; default 1. */
  readonly times?: number;
}

/** A rule that is in force. */
export interface InjectedFault {
  /** How many calls it has made go wrong. */
  hits(): number;
  remove(): void;
}

/** The rules in force; the oldest that matches decides. */
export class Faults {
  #rules: ActiveRule[] = [];

  inject(rule: FaultRule): InjectedFault {
    const active: ActiveRule = { rule, seen: 0, hits: 0 };
    this.#rules.push(active);
    return {
      hits: () => active.hits,
      remove: () => {
        this.#rules = this.#rules.filter((other) => other !== active);
      },
    };
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault of a call that has just arrived; counts it. */
  take(method: string, args: readonly unknown[]): Fault | undefined {
    for (const active of this.#rules.filter(({ rule }) => isMeant(rule, method, args))) {
      active.seen += 1;
      const { skip = 0, times = 1, fault } = active.rule;
      if (active.seen > skip && active.hits < times) {
        active.hits += 1;
        return fault;
      }
    }
    return undefined;
  }
}

interface ActiveRule {
  readonly rule: FaultRule;
  seen: number;
  hits: number;
}

function isMeant({ method, when }: FaultRule, called: string, args: readonly unknown[]): boolean {
  const byName =
    method === undefined || (typeof method === "string" ? method === called : method.test(called));
  return byName && (when === undefined || when(args));
}
