import { settingsSchema } from "../../../shared/settings.ts";
import { error, ok, warning, type Check, type Verdict } from "../check.ts";
import { resolvePath } from "../resolve-path.ts";
import { vmcatcherJobs } from "../vmcatcher-side.ts";

/** Whether the hook writes to where the functions read. */
export const hookSettings: Check = {
  name: "hook-settings",
  looksAt: "VMCATCHER_ONE_HOME where cron runs vmcatcher_cache",
  look: async (site) => {
    const verdicts: Verdict[] = [];
    for (const { file, variables } of await vmcatcherJobs(site)) {
      const told = variables.get("VMCATCHER_ONE_HOME") ?? DEFAULT_HOME;
      const same = (await resolvePath(told)) === (await resolvePath(site.config.home));
      verdicts.push(
        same
          ? ok(`${file}: the hook writes to ${told}`)
          : error(
              `${file}: the hook writes to ${told}, and the functions read ${site.config.home}`,
              `set VMCATCHER_ONE_HOME=${site.config.home} in ${file}, then move what lies in ${told}/spool/new to ${site.config.spoolDirectory}/new`,
            ),
      );
      const stale = [...variables.keys()].filter((name) => name.startsWith("VMCATCHER_EVENT_"));
      if (stale.length > 0) {
        verdicts.push(
          warning(
            `${file} sets ${stale.join(", ")}: an event that leaves one out gets this value`,
            "remove them there",
          ),
        );
      }
    }
    return verdicts;
  },
};

const DEFAULT_HOME = settingsSchema.shape.VMCATCHER_ONE_HOME.parse(undefined);
