import { setTimeout as sleep } from "node:timers/promises";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";

/** Looks again and again. @returns all images, once the condition holds @throws Error with what there was, after `seconds` (20) */
export type UntilImages = (
  what: string,
  condition: (images: readonly Image[]) => boolean,
  seconds?: number,
) => Promise<readonly Image[]>;

/** @param images asks OpenNebula for all of them */
export function untilImages(images: () => Promise<readonly Image[]>): UntilImages {
  return async (what, condition, seconds = 20) => {
    for (const end = performance.now() + seconds * 1000; ; await sleep(POLL_MS)) {
      const seen = await images();
      if (condition(seen)) {
        return seen;
      }
      if (performance.now() > end) {
        const found = seen.map(
          ({ id, name, uname, mode, state }) => `${id} ${name} ${uname} ${mode} ${state}`,
        );
        throw new Error(`not within ${seconds} s: ${what}; there are:\n${found.join("\n")}`);
      }
    }
  };
}

const POLL_MS = 20;
