import { randomBytes } from "node:crypto";
import { link, lstat, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { namesIn } from "../../shared/files/names-in.ts";
import { unlessMissing } from "../../shared/files/unless-missing.ts";
import { error, ok, unchecked, type Check, type Verdict } from "../check.ts";
import type { Examination } from "../examination.ts";
import { mayAccess, READ, WRITE } from "../obstacle.ts";
import { cacheDirectories, vmcatcherUsers } from "../vmcatcher-side.ts";
import { noLink, PINNING } from "./no-link.ts";

/** Whether the hook can pin an image: a real hard link of a file in the cache, which is removed at once. */
export const hardLinks: Check = {
  name: "hard-links",
  looksAt: "hard links from vmcatcher's cache to staging",
  look: async (site, signal) => {
    const { stagingDirectory: staging } = site.config;
    const { cache } = await cacheDirectories(site);
    if (site.inContainer) {
      return unchecked(
        "in a container every mount is a file system of its own, whatever the host's are",
        "run doctor on vmcatcher's host",
      );
    }
    const file = await anyFile(cache);
    if (file === undefined) {
      return unchecked(
        `no file in ${cache} to try it with`,
        "run doctor again after vmcatcher_cache",
      );
    }
    const probe = join(staging, `.doctor-${randomBytes(6).toString("hex")}`);
    try {
      await link(file, probe);
    } catch (thrown) {
      return noLink(thrown, {
        file,
        staging,
        isOneFileSystem: await isOneFileSystem(file, staging),
        isRoot: process.geteuid?.() === 0,
      });
    } finally {
      await rm(probe, { force: true });
    }
    return [await allowedForVmcatcher(file, site, signal)];
  },
};

async function anyFile(directory: string): Promise<string | undefined> {
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    if ((await lstat(path)).isFile()) {
      return path;
    }
  }
  return undefined;
}

async function isOneFileSystem(file: string, directory: string): Promise<boolean> {
  const [one, other] = await Promise.all([stat(file), unlessMissing(stat(directory))]);
  return one.dev === other?.dev;
}

/** With fs.protected_hardlinks the kernel wants a link's maker to own the file, or to be able to read and write it. */
async function allowedForVmcatcher(
  file: string,
  site: Examination,
  signal: AbortSignal,
): Promise<Verdict> {
  const setting = await readFile("/proc/sys/fs/protected_hardlinks", "utf8").catch(() => "1");
  const linked = await stat(file);
  if (setting.trim() !== "0") {
    for (const user of await vmcatcherUsers(site, signal)) {
      if (user.uid !== linked.uid && !mayAccess(linked, user, READ | WRITE)) {
        return error(
          `${file} belongs to uid ${linked.uid}, and fs.protected_hardlinks keeps ${user.name} from linking it: ${PINNING}`,
          `chown -R ${user.name} the cache, or run vmcatcher as its owner`,
        );
      }
    }
  }
  return ok(`${file} could be linked to ${site.config.stagingDirectory}`);
}
