import { stat } from "node:fs/promises";
import { join } from "node:path";
import { vmcatcherEndorsement } from "../../shared/vmcatcher/endorsement.ts";
import { unlessMissing } from "../../shared/files/unless-missing.ts";
import { ok, unchecked, warning, type Check } from "../check.ts";
import { obstacle, READ } from "../obstacle.ts";
import { cacheDirectories, serviceUser } from "../vmcatcher-side.ts";

/** Whether the functions can see what vmcatcher endorses, right before an image becomes visible. */
export const cacheIndex: Check = {
  name: "cache-index",
  looksAt: "vmcatcher's cache.index",
  look: async (site, signal) => {
    const path = join((await cacheDirectories(site)).cache, "cache.index");
    const home = await unlessMissing(stat(site.config.home));
    const effect =
      "an image that was withdrawn while it was converted could become live, and missing hints (memory, cores) stay missing";
    const there = await unlessMissing(stat(path));
    if (there === undefined) {
      return [
        unchecked(
          `there is no ${path}`,
          "name the cache (--cache DIRECTORY) or run vmcatcher_cache, which then downloads and announces all images anew",
        ),
      ];
    }
    if (home === undefined) {
      return [
        unchecked(
          `there is no ${site.config.home}`,
          "run doctor again when the functions have run once",
        ),
      ];
    }
    const refusal = await obstacle(path, await serviceUser(home, signal), READ);
    if (refusal !== undefined) {
      return [
        warning(
          `${refusal}: ${effect}`,
          "let the service's user read it (a common group, chmod g+rx)",
        ),
      ];
    }
    const found = await vmcatcherEndorsement({ ...site.config, cacheIndex: path }).look(signal);
    return found.isKnown
      ? [ok(`${path} can be read`)]
      : [
          warning(
            `${path} cannot be understood: ${effect}`,
            "when it stays so, delete it: vmcatcher downloads and announces all images anew",
          ),
        ];
  },
};
