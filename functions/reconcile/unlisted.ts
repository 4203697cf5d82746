import { identifierSchema } from "../job/identifier.ts";
import { ANNOUNCED_SHA512, SHA512, STALE_SINCE, STATE } from "../shared/lineage/attributes.ts";
import { eventTime, type Lineage } from "../shared/lineage/lineage.ts";
import { isHalfExpired } from "../shared/lineage/lock-away.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import type { UnseenEvent } from "../shared/spool/unseen-event.ts";
import { hookTime, laterOf } from "../shared/time/event-time.ts";
import type { Evidence } from "./evidence.ts";
import { forAPerson } from "./for-a-person.ts";
import { held } from "./held.ts";
import type { Finding } from "./plan.ts";

/**
 * What is wrong with images that vmcatcher does not have in its cache. During an update that is the normal state for as long as
 * the download takes, so the index alone says little: vmcatcher's database decides, and without it the setting for unknown
 * subscriptions.
 */
export function judgeUnlisted(
  identifier: string,
  evidence: Evidence,
  expireUnknown: "keep" | "expire",
): Finding | undefined {
  const lineage = evidence.lineages.get(identifier);
  if (lineage === undefined || !identifierSchema.safeParse(identifier).success) {
    return undefined;
  }
  const live = "ambiguous" in lineage ? undefined : lineage.live;
  const title = live?.attributes.get("VMCATCHER_EVENT_DC_TITLE");
  const undecided = forAPerson({ identifier, title }, lineage);
  if (undecided !== undefined || "ambiguous" in lineage) {
    return undecided;
  }
  if (live === undefined) {
    return halfExpired(lineage, evidence);
  }
  const subject = { kind: "orphaned", identifier, title } as const;
  const begun = live.attributes.get(STATE) === "expired"; // and interrupted: nothing needs to be decided any more
  const verdict = begun ? "not-endorsed" : evidence.stock.standingOf(identifier);
  if (verdict === "awaited") {
    return undefined; // told as a download that is awaited
  }
  const what = `image ${live.id} is live, but not in vmcatcher's cache`;
  if (verdict === "not-endorsed") {
    const ended = begun
      ? `${what}, and its retirement has begun`
      : `${what}, and its database says that it is not subscribed or not in the latest list`;
    return { ...subject, what: ended, ...retirement(live, lineage, "gone", evidence) };
  }
  if (expireUnknown === "keep") {
    const advice =
      "give vmcatcher's database (VMCATCHER_ONE_VMCATCHER_DB), set VMCATCHER_ONE_EXPIRE_UNKNOWN=expire, or retire it by hand";
    return { ...subject, what: `${what}; whether it is still subscribed is unknown`, advice };
  }
  const update = updateUnderWay(live, evidence);
  return update === undefined
    ? { ...subject, what, ...retirement(live, lineage, "unknown", evidence) }
    : {
        ...subject,
        what: `${what}; ${update}`,
        advice: "nothing, if vmcatcher is downloading; else look into its log",
      };
}

function updateUnderWay(live: Image, { stock }: Evidence): string | undefined {
  return live.attributes.has(STALE_SINCE)
    ? "vmcatcher has announced a newer version of it"
    : stock.perhapsAwaited;
}

/** An image whose retirement was interrupted after its renaming. */
function halfExpired(lineage: Lineage, evidence: Evidence): Finding | undefined {
  const image = lineage.images.find(isHalfExpired);
  if (image === undefined) {
    return undefined;
  }
  return {
    kind: "unfinished",
    identifier: lineage.identifier,
    title: image.attributes.get("VMCATCHER_EVENT_DC_TITLE"),
    what: `image ${image.id} was expired, but still has its rights`,
    ...retirement(image, lineage, "gone", evidence),
  };
}

function retirement(
  image: Image,
  lineage: Lineage,
  subscription: "gone" | "unknown",
  evidence: Evidence,
): Pick<Finding, "repair" | "held"> {
  const { directory, savedAt } = evidence.stock;
  const { identifier } = lineage;
  const expired = image.attributes.get(STATE) === "expired";
  const time = laterOf(savedAt, expired ? eventTime(image) : "");
  const title = image.attributes.get("VMCATCHER_EVENT_DC_TITLE");
  const sha512 = image.attributes.get(SHA512) ?? image.attributes.get(ANNOUNCED_SHA512);
  const repair: UnseenEvent = {
    time: hookTime(time),
    subscription,
    variables: {
      VMCATCHER_EVENT_TYPE: "ExpirePostfix",
      VMCATCHER_EVENT_DC_IDENTIFIER: identifier,
      VMCATCHER_EVENT_UUID_SESSION: `reconcile-${savedAt}`,
      VMCATCHER_CACHE_DIR_CACHE: directory,
      ...(title === undefined ? {} : { VMCATCHER_EVENT_DC_TITLE: title }),
      ...(sha512 === undefined ? {} : { VMCATCHER_EVENT_SL_CHECKSUM_SHA512: sha512 }),
    },
  };
  return { repair, held: held({ identifier, digest: undefined, time, lineage }, evidence) };
}
