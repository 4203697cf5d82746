import type { Clock } from "../time/clock.ts";
import type { Deps } from "../step/deps.ts";
import type { Image } from "../opennebula/opennebula.ts";

/**
 * Looks at OpenNebula before a change, and once more when the answer was long on its way: what it tells may have been otherwise for
 * as long. OpenNebula has no compare-and-set, so a short way is all that there is.
 */
export async function freshLook<T>(look: () => Promise<T>, clock: Clock): Promise<T> {
  for (let looks = 1; ; looks += 1) {
    const askedAt = clock.elapsed();
    const seen = await look();
    if (clock.elapsed() - askedAt < LONG_MS || looks === MAX_LOOKS) {
      return seen;
    }
  }
}

/** Such a look at one image. @returns undefined when it is gone */
export function freshImage(
  id: number,
  { opennebula, clock }: Pick<Deps, "opennebula" | "clock">,
  signal: AbortSignal,
): Promise<Image | undefined> {
  return freshLook(() => opennebula.image(id, signal), clock);
}

/** OpenNebula answers in milliseconds, with 10,000 images in a second. */
const LONG_MS = 2000;
/** An OpenNebula that is always slow must not hold up everything. */
const MAX_LOOKS = 3;

/** Makes a change. @returns whether it took so long that what was seen before it may be otherwise */
export async function isHeldUp(change: () => Promise<void>, clock: Clock): Promise<boolean> {
  const begunAt = clock.elapsed();
  await change();
  return clock.elapsed() - begunAt >= HELD_UP_MS;
}

/** A change takes OpenNebula milliseconds. What comes on top of one that took so long costs little, so the limit is low. */
const HELD_UP_MS = 500;
