import { stat } from "node:fs/promises";
import { StockUnusable } from "../../shared/endorsement/endorsement.ts";
import { unlessMissing } from "../../shared/files/unless-missing.ts";
import { databasePath, readSubscriptions } from "../../shared/vmcatcher/database.ts";
import { readIndexFile } from "../../shared/vmcatcher/index-file.ts";
import { subscriptionsBeside } from "../../shared/vmcatcher/unlisted.ts";
import { ok, unchecked, warning, type Check, type Verdict } from "../check.ts";
import type { Examination } from "../examination.ts";
import { obstacle, READ } from "../obstacle.ts";
import { cacheIndexes, serviceUser } from "../vmcatcher-side.ts";

/** Whether the service can tell an image whose update is being downloaded from one that is endorsed no more. */
export const vmcatcherDatabase: Check = {
  name: "vmcatcher-database",
  looksAt: "vmcatcher's database",
  look: async (site, signal) => {
    const { home, vmcatcherDatabase: location } = site.config;
    const path = databasePath(location);
    if (path === undefined) {
      const subscriptions = readSubscriptions(location);
      const why = "notChecked" in subscriptions ? subscriptions.notChecked : "";
      return unchecked(`${why}: ${EFFECT}`, `${NAME_IT}; of another kind of database ${BY_HAND}`);
    }
    const owner = await unlessMissing(stat(home));
    if (owner === undefined || (await unlessMissing(stat(path))) === undefined) {
      const missing = owner === undefined ? home : path;
      return unchecked(`there is no ${missing}: ${EFFECT}`, `${NAME_IT}; without any ${BY_HAND}`);
    }
    const refusal = await obstacle(path, await serviceUser(owner, signal), READ);
    return refusal === undefined
      ? judge(path, site, signal)
      : warning(
          `${refusal}: ${EFFECT}`,
          "let the service's user read it (a common group, chmod g+r)",
        );
  },
};

const EFFECT =
  "status, retire and reconcile cannot tell whether an image that is not in the cache is being updated or endorsed no more";
const NAME_IT = "name it as vmcatcher's VMCATCHER_RDBMS does: VMCATCHER_ONE_VMCATCHER_DB=/path";
const BY_HAND = "ask vmcatcher_image -l, and retire by hand what is endorsed no more";

async function judge(path: string, site: Examination, signal: AbortSignal): Promise<Verdict> {
  const [index = ""] = await cacheIndexes(site);
  const images = await imagesIn(index, signal);
  const subscriptions = subscriptionsBeside(images ?? new Map(), path);
  if ("notChecked" in subscriptions) {
    return warning(
      `${subscriptions.notChecked}: ${EFFECT}`,
      `run doctor again if vmcatcher is at work; otherwise ${NAME_IT}`,
    );
  }
  if (images === undefined) {
    return unchecked(
      `${path} can be read; whether it is this vmcatcher's cannot be told without ${index}`,
      "see the check cache-index",
    );
  }
  const known = [...images.keys()].filter((identifier) => subscriptions.images.has(identifier));
  return ok(`${path} can be read and knows ${known.length} of ${images.size} images in the cache`);
}

/** @returns undefined when the index tells nothing */
async function imagesIn(
  index: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, unknown> | undefined> {
  try {
    return (await readIndexFile(index, signal)).entries;
  } catch (error) {
    if (error instanceof StockUnusable) {
      return undefined;
    }
    throw error;
  }
}
