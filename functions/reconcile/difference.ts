import type { Digest } from "../job/digest.ts";
import { changedAttributes } from "../shared/lineage/announced.ts";
import { contentDigest, JOB, STATE, SUPERSEDED_BY } from "../shared/lineage/attributes.ts";
import { holds, isComplete, latestExpired, type Lineage } from "../shared/lineage/lineage.ts";
import { wasLockedAway } from "../shared/lineage/lock-away.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import type { StockedImage } from "../shared/endorsement/endorsement.ts";
import type { Finding } from "./plan.ts";

/** What an endorsed image has other than it should have. */
export interface Difference extends Pick<Finding, "kind" | "what"> {
  /** The image of an interrupted job that the repair goes on with. */
  readonly resumed?: Image | undefined;
}

/** Looks at the images of an endorsed identifier. @returns undefined when all is well */
export function differenceOf(endorsement: StockedImage, lineage: Lineage): Difference | undefined {
  const { live } = lineage;
  const { digest } = endorsement;
  if (live === undefined) {
    const expired = latestExpired(lineage);
    const resumed = begun(lineage, digest);
    return expired === undefined
      ? { kind: "missing", what: "endorsed, but there is no image", resumed }
      : {
          kind: "wrongly-expired",
          what: `endorsed, but image ${expired.id} was expired, and there is no other`,
          resumed,
        };
  }
  if (!holds(live, digest)) {
    return isComplete(live)
      ? {
          kind: "stale",
          what: `image ${live.id} is live, but another content is endorsed`,
          resumed: begun(lineage, digest),
        }
      : { kind: "broken", what: `image ${live.id} is live, but in state ${live.state}` };
  }
  if (live.attributes.get(STATE) === "pending") {
    return { kind: "unfinished", what: `image ${live.id} waits for its rights`, resumed: live };
  }
  const open = predecessorLeftOpen(live, lineage);
  if (open !== undefined) {
    return {
      kind: "unfinished",
      what: `image ${open.id} was superseded by image ${live.id}, but still has its rights`,
      resumed: live,
    };
  }
  const changed = [...changedAttributes(endorsement.variables, live).keys()];
  return changed.length === 0
    ? undefined
    : { kind: "metadata", what: `image ${live.id} has an older ${changed.join(", ")}` };
}

/** The image that an interrupted job has made: a repair with the same job id goes on with it instead of uploading another. */
function begun({ images }: Lineage, digest: Digest): Image | undefined {
  return images.find(
    (image) =>
      image.attributes.get(STATE) === "pending" &&
      contentDigest(image) === digest &&
      (isComplete(image) || image.state === "LOCKED"),
  );
}

function predecessorLeftOpen(live: Image, { images }: Lineage): Image | undefined {
  return images.find(
    (image) =>
      image.attributes.get(STATE) === "superseded" &&
      image.attributes.get(SUPERSEDED_BY) === live.attributes.get(JOB) &&
      live.attributes.has(SESSION) &&
      !wasLockedAway(image),
  );
}

const SESSION = "VMCATCHER_EVENT_UUID_SESSION";
