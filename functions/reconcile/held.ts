import type { Digest } from "../job/digest.ts";
import { eventTime, type Lineage } from "../shared/lineage/lineage.ts";
import type { Evidence } from "./evidence.ts";
import type { Held } from "./plan.ts";
import type { GivenUp } from "./work.ts";

/** What a repair is for, and the time that its event would have. */
export interface Subject {
  readonly identifier: string;
  readonly digest: Digest | undefined;
  readonly time: string;
  readonly lineage: Lineage;
}

/**
 * Why a repair is not made now. Its event is as old as the index, which is the evidence for it: older than whatever vmcatcher
 * announces afterwards, and newer than what led to that state of the index. The newest event wins, so what a newer event has
 * done stays.
 */
export function held(
  { identifier, digest, time, lineage }: Subject,
  evidence: Pick<Evidence, "work">,
): Held | undefined {
  const underWay = evidence.work.underWay(identifier);
  if (underWay !== undefined) {
    return { kind: "under-way", why: underWay };
  }
  const letter = evidence.work.deadLetter(identifier, digest);
  if (letter !== undefined) {
    return {
      kind: "blocked",
      why: `${letter.function} has given it up (${letter.code}): ${remedy(letter)}`,
    };
  }
  const newer = lineage.images.find((image) => eventTime(image) > time);
  return newer === undefined
    ? undefined
    : {
        kind: "blocked",
        why:
          `image ${newer.id} was marked by an event of ${eventTime(newer)}, after vmcatcher saved its index; ` +
          "vmcatcher's next run settles it",
      };
}

/** What brings the image of a dead letter: not all can be replayed. */
function remedy({ code, messageId }: GivenUp): string {
  switch (code) {
    case "source-gone": // its file is gone for good, and the cache has another one
      return `discard ${messageId}, then apply again`;
    case "checksum-mismatch": // the cache has the wrong file, and vmcatcher notices that only with -s
      return `vmcatcher_cache -s, and then an ordinary run of it, download and announce it anew; then discard ${messageId}`;
    default:
      return `cure that, then replay ${messageId}`;
  }
}
