import { SHA512 } from "../../../functions/shared/lineage/attributes.ts";
import type { Rested } from "./rested.ts";

/** Exactly one live image for an endorsed identifier, none for any other that anybody can know to be expired. */
export function oneImageIsLive(rested: Rested): readonly string[] {
  const { live, expected, identifier, site } = rested;
  const ids = live.map(({ id }) => id).join(", ");
  if (expected.kind === "none") {
    return live.length === 0 || isExpiryForgotten(rested)
      ? []
      : [`${identifier} is not endorsed, but ${ids} is live`];
  }
  if (live.length > 1) {
    return [`${identifier}: ${ids} are live`];
  }
  // What an administrator deletes stays deleted until it is announced again.
  const may = expected.kind === "no newer" || site.administrator.deleted.has(identifier);
  return live.length === 1 || may ? [] : [`${identifier} is endorsed, but no image is live`];
}

/** The live image is that of the newest endorsed version: by what it says, and to the byte. */
export function liveHasNewestContent(rested: Rested): readonly string[] {
  const { live, expected, site } = rested;
  const [image] = live;
  if (image === undefined || expected.kind !== "live") {
    return [];
  }
  const { sha512, disk } = expected.content;
  if (image.attribute(SHA512) !== sha512) {
    return isUpdateForgotten(rested)
      ? []
      : [`image ${image.id} says that it holds another version`];
  }
  return site.datastore.content(image.source)?.equals(disk) === true
    ? []
    : [`image ${image.id} does not hold what it says`];
}

/**
 * A broker that restarts delivers an expiry before the announcement that it takes back. When there is no image yet, the expiry's time
 * can be left on none, and only vmcatcher's index could tell the announcement that it is too old.
 */
function isExpiryForgotten(rested: Rested): boolean {
  const expiry = rested.events.findLast(({ what }) => what.kind === "expired");
  return isForgotten(expiry?.eventTime ?? "", rested);
}

/** So it does with an older announcement and a newer one whose image the administrator has deleted, and the newer one's time with it. */
function isUpdateForgotten(rested: Rested): boolean {
  const { events, identifier, site } = rested;
  const update = events.findLast(({ what }) => what.kind === "available")?.eventTime ?? "";
  const isDeleted = update <= (site.administrator.deletedTimes.get(identifier) ?? "");
  return isDeleted && isForgotten(update, rested);
}

/** No image tells that there was an event of that time, and nothing else can be asked. */
function isForgotten(time: string, { site, live, others }: Rested): boolean {
  return (
    site.isIndexHidden &&
    site.broker.hasRestarted &&
    [...live, ...others].every(({ eventTime }) => eventTime < time)
  );
}
