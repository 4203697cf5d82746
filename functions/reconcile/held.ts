import type { Digest } from "../job/digest.ts";
import { eventTime, type Lineage } from "../shared/lineage/lineage.ts";
import type { Evidence } from "./evidence.ts";
import type { Held } from "./plan.ts";

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
  evidence: Evidence,
): Held | undefined {
  const underWay = evidence.work.underWay(identifier);
  if (underWay !== undefined) {
    return { kind: "under-way", why: underWay };
  }
  const letter = evidence.work.deadLetter(identifier, digest);
  if (letter !== undefined) {
    return {
      kind: "blocked",
      why: `${letter.function} has given it up (${letter.code}): cure that, then replay ${letter.messageId}`,
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
