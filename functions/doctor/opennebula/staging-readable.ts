import { stat } from "node:fs/promises";
import { error, ok, type Check } from "../check.ts";
import { EXECUTE, mayAccess, obstacle, READ } from "../obstacle.ts";
import { nearestExisting } from "../resolve-path.ts";
import { person, serviceUser } from "../vmcatcher-side.ts";

/** Whether oned's user can read what is staged. */
export const stagingReadable: Check = {
  name: "staging-readable",
  looksAt: "whether oned's user may read staged images",
  look: async (site, signal) => {
    const oned = await person(site.places.onedUser, signal);
    const path = await nearestExisting(site.config.stagingDirectory);
    const fix = `let the service run as ${oned.name}, or put ${oned.name} into its group (and chmod g+rx ${path})`;
    const refusal = await obstacle(path, oned, EXECUTE);
    if (refusal !== undefined) {
      return error(`${refusal}: OpenNebula cannot copy any image`, fix);
    }
    const directory = await stat(path);
    const service = await serviceUser(directory, signal);
    const [primaryGroup = directory.gid] = service.gids;
    const staged = {
      uid: service.uid,
      gid: (directory.mode & SETGID) === 0 ? primaryGroup : directory.gid,
      mode: STAGED_MODE,
    };
    return mayAccess(staged, oned, READ)
      ? ok(`${oned.name} may read what ${service.name} stages in ${path}`)
      : error(
          `what ${service.name} stages has mode 0640, uid ${staged.uid} and gid ${staged.gid}: ${oned.name} may not read it`,
          fix,
        );
  },
};

const STAGED_MODE = 0o640;
const SETGID = 0o2000; // a file in such a directory gets its group
