import { join } from "node:path";
import { error, ok, type Check } from "../check.ts";
import { resolvePath } from "../resolve-path.ts";
import { cacheDirectories } from "../vmcatcher-side.ts";

/** vmcatcher deletes every file that it does not know at the top of its directories; what lies deeper is safe. */
export const stagingPlace: Check = {
  name: "staging-place",
  looksAt: "whether vmcatcher deletes what is staged",
  look: async (site) => {
    const { cleaned } = await cacheDirectories(site);
    const { stagingDirectory, spoolDirectory, home } = site.config;
    const places = await Promise.all(cleaned.map(resolvePath));
    const ours = [stagingDirectory, join(spoolDirectory, "new"), join(spoolDirectory, "tmp")];
    for (const directory of ours) {
      if (places.includes(await resolvePath(directory))) {
        return error(
          `${directory} is a directory of vmcatcher's, which deletes all files there that it does not know`,
          `set VMCATCHER_ONE_HOME to a directory beside ${cleaned[0] ?? ""}, on the same file system`,
        );
      }
    }
    return ok(`${home} is none of ${cleaned.join(", ")}`);
  },
};
