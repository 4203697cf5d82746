import { stat } from "node:fs/promises";
import { StockUnusable } from "../../shared/endorsement/endorsement.ts";
import { unlessMissing } from "../../shared/files/unless-missing.ts";
import { readIndexFile } from "../../shared/vmcatcher/index-file.ts";
import { ok, unchecked, warning, type Check, type Verdict } from "../check.ts";
import type { Examination } from "../examination.ts";
import { obstacle, READ } from "../obstacle.ts";
import { resolvePath } from "../resolve-path.ts";
import { cacheIndexes, serviceUser } from "../vmcatcher-side.ts";

/** Whether the functions can see what vmcatcher endorses, right before an image becomes visible. */
export const cacheIndex: Check = {
  name: "cache-index",
  looksAt: "vmcatcher's cache.index",
  look: async (site, signal) => {
    const [first = "", ...others] = await cacheIndexes(site);
    const verdicts = [await judge(first, site, signal)];
    for (const other of others) {
      if ((await resolvePath(other)) !== (await resolvePath(first))) {
        verdicts.push(await judge(other, site, signal), two(first, other));
      }
    }
    return verdicts;
  },
};

async function judge(path: string, site: Examination, signal: AbortSignal): Promise<Verdict> {
  const home = await unlessMissing(stat(site.config.home));
  const effect =
    "an image that was withdrawn while it was converted could become live, and missing hints (memory, cores) stay missing";
  const there = await unlessMissing(stat(path));
  if (there === undefined) {
    return unchecked(
      `there is no ${path}`,
      "name the cache (--cache DIRECTORY; VMCATCHER_ONE_CACHE_INDEX if the settings name it) or run vmcatcher_cache, which then downloads and announces all images anew",
    );
  }
  if (home === undefined) {
    return unchecked(
      `there is no ${site.config.home}`,
      "run doctor again when the functions have run once",
    );
  }
  const refusal = await obstacle(path, await serviceUser(home, signal), READ);
  if (refusal !== undefined) {
    return warning(
      `${refusal}: ${effect}`,
      "let the service's user read it (a common group, chmod g+rx)",
    );
  }
  try {
    await readIndexFile(path, signal);
    return ok(`${path} can be read`);
  } catch (error) {
    if (!(error instanceof StockUnusable)) {
      throw error;
    }
    return warning(
      `${path} cannot be understood: ${effect}`,
      "when it stays so, delete it: vmcatcher downloads and announces all images anew",
    );
  }
}

function two(named: string, written: string): Verdict {
  return warning(
    `the settings name ${named}, and vmcatcher writes ${written}: status, retire and reconcile judge by the one, events by the other`,
    `set VMCATCHER_ONE_CACHE_INDEX=${written}, or remove it and set VMCATCHER_CACHE_DIR_CACHE as for vmcatcher`,
  );
}
