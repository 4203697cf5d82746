/**
 * Something that turns has begun a turn, or is still at work. Each sign says itself when the next one is due, since only
 * who gives it knows how long the next thing may take.
 */
export interface SignOfLife {
  readonly function: string;
  /** From 0; what works on one thing at a time has one. */
  readonly slot: number;
  /** `ended`: there will be no other sign. */
  readonly state: "receiving" | "working" | "draining" | "waiting" | "ended";
  readonly nextWithinSeconds: number;
}

/** Whose signs are given, and to whom. */
export interface SignOptions {
  readonly observer: { onSign?(sign: SignOfLife): void };
  readonly function: string;
  readonly slot: number;
}

/** Gives one sign. */
export type GiveSign = (
  state: Exclude<SignOfLife["state"], "ended">,
  nextWithinSeconds: number,
) => void;

/** Does the work, which gives signs as it goes on, and tells of its end. */
export async function withSigns(
  { observer, function: name, slot }: SignOptions,
  work: (sign: GiveSign) => Promise<void>,
): Promise<void> {
  const give = (state: SignOfLife["state"], nextWithinSeconds: number): void =>
    observer.onSign?.({ function: name, slot, state, nextWithinSeconds });
  try {
    await work(give);
  } finally {
    give("ended", Number.POSITIVE_INFINITY);
  }
}

/**
 * More than one call of a queue and the pause after it can take: three tries of 30 seconds at a server that is silent
 * (measured: 90.2 s) and at most 30 of back-off. An outage must not look like a program that hangs: to restart it would
 * only cost the work in hand.
 */
export const QUEUE_CALL_SECONDS = 150;
