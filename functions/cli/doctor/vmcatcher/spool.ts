import { join } from "node:path";
import { error, troublesOr, type Check, type Verdict } from "../check.ts";
import { EXECUTE, obstacle, WRITE } from "../obstacle.ts";
import { nearestExisting } from "../resolve-path.ts";
import { vmcatcherUsers } from "../vmcatcher-side.ts";

/** Whether the hook can write its events and its pins. */
export const spool: Check = {
  name: "spool",
  looksAt: "whether vmcatcher's user may write to spool and staging",
  look: async (site, signal) => {
    const { spoolDirectory, stagingDirectory, home } = site.config;
    const users = await vmcatcherUsers(site, signal);
    const troubles: Verdict[] = [];
    for (const user of users) {
      for (const wanted of [
        join(spoolDirectory, "tmp"),
        join(spoolDirectory, "new"),
        stagingDirectory,
      ]) {
        // The hook makes what is missing.
        const path = await nearestExisting(wanted);
        const refusal = await obstacle(path, user, WRITE | EXECUTE);
        if (refusal !== undefined) {
          troubles.push(
            error(
              `${refusal}: the hook cannot use ${wanted}, and its events are lost`,
              `let one user run vmcatcher and the functions, or give both one group: chgrp -R GROUP ${home} && chmod -R g+rwX,g+s ${home}`,
            ),
          );
        }
      }
    }
    const names = users.map(({ name }) => name).join(", ");
    return troublesOr(troubles, `${names} may write to ${spoolDirectory} and ${stagingDirectory}`);
  },
};
