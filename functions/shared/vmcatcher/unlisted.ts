import type { Standing } from "../endorsement/endorsement.ts";
import { readSubscriptions, type Subscriptions } from "./database.ts";
import type { Downloads } from "./downloads.ts";

/*
 * What becomes of an image that vmcatcher's index does not name. During an update that is the normal state for as long as the download
 * takes, so the index alone says little: the database decides. Without it, those whose download has begun are known, and nothing is of
 * the others.
 */

/**
 * The images that vmcatcher's database knows.
 * @param images those in the index, by identifier. A database that knows none of them is another one's: to trust it would retire everything
 */
export function subscriptionsBeside(
  images: ReadonlyMap<string, unknown>,
  vmcatcherDatabase: string,
): Subscriptions {
  const subscriptions = readSubscriptions(vmcatcherDatabase);
  if ("notChecked" in subscriptions || images.size === 0) {
    return subscriptions;
  }
  return [...images.keys()].some((identifier) => subscriptions.images.has(identifier))
    ? subscriptions
    : {
        notChecked:
          "vmcatcher's database: it knows none of the images in the cache, so it is not this vmcatcher's",
      };
}

/** How an identifier stands that the index does not name. */
export function standingOfUnlisted(
  identifier: string,
  subscriptions: Subscriptions,
  downloads: Downloads | undefined,
): Exclude<Standing["kind"], "endorsed"> {
  if ("notChecked" in subscriptions) {
    return downloads?.tries.has(identifier) === true ? "awaited" : "unknown";
  }
  return subscriptions.images.get(identifier)?.endorsed === true ? "awaited" : "not-endorsed";
}
