import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../shared/time/clock.ts";

/**
 * Knows the token and the sessions that it has opened.
 *
 * A session is `END.RANDOM`, END in seconds since 1970, and lives in a signed cookie only: nothing is kept here, so it outlives
 * a restart. The key comes from the token, so a new token ends all sessions.
 */
export class Guard {
  /** Signs the cookie. */
  readonly key: Buffer<ArrayBuffer>;
  readonly #token: string;
  readonly #clock: Pick<Clock, "now">;
  #refusedAt: readonly number[] = [];

  constructor(token: string, clock: Pick<Clock, "now">) {
    this.key = Buffer.from(hkdfSync("sha256", token, "", "vmcatcher-one console", KEY_BYTES));
    this.#token = token;
    this.#clock = clock;
  }

  /**
   * Whether it is the token. Not even the token is taken after too many wrong ones: whoever guesses, from wherever, behind a
   * proxy all look the same. Who has a session already is not concerned.
   */
  admits(given: string): "yes" | "no" | "too-many" {
    const now = this.#clock.now().getTime();
    this.#refusedAt = this.#refusedAt.filter((at) => now - at < WINDOW_MS);
    if (this.#refusedAt.length >= GUESSES) {
      return "too-many";
    }
    if (same(given, this.#token)) {
      return "yes";
    }
    this.#refusedAt = [...this.#refusedAt, now];
    return "no";
  }

  open(): string {
    const end = Math.floor(this.#clock.now().getTime() / 1000) + SESSION_SECONDS;
    return `${end}.${randomBytes(16).toString("base64url")}`;
  }

  /** @param session its signature has been verified */
  isOpen(session: string): boolean {
    return Number(session.split(".", 1)[0]) > this.#clock.now().getTime() / 1000;
  }

  /** What a form of this session carries, so that no other site can send it. */
  formToken(session: string): string {
    return createHmac("sha256", this.key).update(`form ${session}`).digest("base64url");
  }

  isFormToken(given: string, session: string): boolean {
    return same(given, this.formToken(session));
  }
}

/** A working day; the CLI needs no session. */
export const SESSION_SECONDS = 12 * 3600;

const KEY_BYTES = 32;
const GUESSES = 10;
const WINDOW_MS = 60_000;

/** In a time that tells nothing of where, or in what length, they differ. */
function same(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
