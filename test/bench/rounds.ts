import { execa } from "execa";
import type { Cost } from "./convert/go.ts";
import { progress } from "./progress.ts";

/** What each of several ways took, round by round, by the way's name. */
export type Rounds = ReadonlyMap<string, readonly Cost[]>;

/**
 * Goes several ways in turn, round after round, so that noise meets all of them. A round before the first fills the caches and
 * does not count.
 * @param what is measured, for the progress
 */
export async function inTurn<Way extends { readonly what: string }>(
  what: string,
  ways: readonly Way[],
  go: (way: Way) => Promise<Cost>,
): Promise<Rounds> {
  const costs = new Map<string, Cost[]>(ways.map((way) => [way.what, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    progress(`${what}: ${round === 0 ? "warming up" : `round ${round} of ${ROUNDS}`}`);
    for (const way of ways) {
      const cost = await go(way);
      await execa("sync"); // what one way leaves to the file system is not for the next to pay
      if (round > 0) {
        costs.get(way.what)?.push(cost);
      }
    }
  }
  return costs;
}

const ROUNDS = 5;
