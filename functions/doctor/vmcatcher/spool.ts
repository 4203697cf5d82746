import { join } from "node:path";
import { error, troublesOr, type Check } from "../check.ts";
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
    const needed = [join(spoolDirectory, "tmp"), join(spoolDirectory, "new"), stagingDirectory];
    const refusals = new Map<string, string[]>();
    for (const user of users) {
      for (const wanted of needed) {
        // The hook makes what is missing.
        const refusal = await obstacle(await nearestExisting(wanted), user, WRITE | EXECUTE);
        if (refusal !== undefined) {
          refusals.set(refusal, [...(refusals.get(refusal) ?? []), wanted]);
        }
      }
    }
    const troubles = Array.from(refusals, ([refusal, directories]) =>
      error(
        `${refusal}: the hook cannot use ${directories.join(", ")}, and its events are lost`,
        `let one user run vmcatcher and the functions, or give both one group: chgrp -R GROUP ${home} && chmod -R g+rwX,g+s ${home}`,
      ),
    );
    const names = users.map(({ name }) => name).join(", ");
    return troublesOr(troubles, `${names} may write to ${spoolDirectory} and ${stagingDirectory}`);
  },
};
