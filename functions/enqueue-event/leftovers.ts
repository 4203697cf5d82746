/**
 * Entries in `tmp/` that look old. The time that a file system wrote on them proves nothing by itself: the clock may have been
 * set forward while a hook was at work, and a file server may have another one. So an entry counts as left over only when it
 * has been in sight for longer than any hook takes.
 */
export class Leftovers {
  readonly #now: () => number;
  readonly #firstSeen = new Map<string, number>();

  /** @param now monotonic milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param looksOld the names of all entries that look old now @returns those of them that no hook can be at work on */
  confirmed(looksOld: readonly string[]): readonly string[] {
    const now = this.#now();
    for (const name of this.#firstSeen.keys()) {
      if (!looksOld.includes(name)) {
        this.#firstSeen.delete(name);
      }
    }
    return looksOld.filter((name) => {
      const since = this.#firstSeen.get(name) ?? now;
      this.#firstSeen.set(name, since);
      return now - since >= IN_SIGHT_MS;
    });
  }
}

// The hook takes half a minute at most, when vmcatcher_image does not answer.
const IN_SIGHT_MS = 5 * 60_000;
