import { randomBytes } from "node:crypto";
import { link, lstat, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorText } from "../../shared/log/error-text.ts";
import { namesIn } from "../../shared/files/names-in.ts";
import { systemCode } from "../../shared/files/system-code.ts";
import { error, ok, unchecked, type Check, type Verdict } from "../check.ts";
import type { Examination } from "../examination.ts";
import { mayAccess, READ, WRITE } from "../obstacle.ts";
import { cacheDirectories, vmcatcherUsers } from "../vmcatcher-side.ts";

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
      return verdictOn(thrown, file, staging);
    } finally {
      await rm(probe, { force: true });
    }
    return [await allowedForVmcatcher(file, site, signal)];
  },
};

const PINNING =
  "the hook cannot pin images: one that vmcatcher moves before it is converted ends as a dead letter";

async function anyFile(directory: string): Promise<string | undefined> {
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    if ((await lstat(path)).isFile()) {
      return path;
    }
  }
  return undefined;
}

function verdictOn(thrown: unknown, file: string, staging: string): Verdict {
  const code = systemCode(thrown);
  if (code === "ENOENT") {
    return unchecked(
      `${staging} does not exist yet`,
      "run doctor again when the functions have run once",
    );
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return unchecked(`this user may not link ${file} to ${staging}`, "run doctor as root");
  }
  return error(
    `${PINNING} (${errorText(thrown)})`,
    "put VMCATCHER_ONE_HOME on the file system of vmcatcher's cache, one that has hard links",
  );
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
