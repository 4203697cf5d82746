import { settingsSchema } from "../../shared/settings/settings-schema.ts";
import { error, ok, unchecked, warning, type Check, type Verdict } from "../check.ts";
import type { CronJob } from "../cron-jobs.ts";
import type { Examination } from "../examination.ts";
import { resolvePath } from "../resolve-path.ts";
import { vmcatcherJobs } from "../vmcatcher-side.ts";

/** Whether the hook writes to where the functions read. */
export const hookSettings: Check = {
  name: "hook-settings",
  looksAt: "VMCATCHER_ONE_HOME where cron runs vmcatcher_cache",
  look: async (site) => {
    const jobs = await vmcatcherJobs(site);
    const places = await Promise.all(jobs.map((job) => judgeHome(job, site)));
    return [...places, ...jobs.flatMap(judgeStale)];
  },
};

const DEFAULT_HOME = settingsSchema.shape.VMCATCHER_ONE_HOME.parse(undefined);

async function judgeHome({ file, variables }: CronJob, { config }: Examination): Promise<Verdict> {
  const told = variables.get("VMCATCHER_ONE_HOME") ?? DEFAULT_HOME;
  if (told.includes("$")) {
    const why = `${file}: which directory ${told} is cannot be told from the text`;
    return unchecked(why, "write the path itself there");
  }
  return (await resolvePath(told)) === (await resolvePath(config.home))
    ? ok(`${file}: the hook writes to ${told}`)
    : error(
        `${file}: the hook writes to ${told}, and the functions read ${config.home}`,
        `set VMCATCHER_ONE_HOME=${config.home} in ${file}, then move what lies in ${told}/spool/new to ${config.spoolDirectory}/new`,
      );
}

/** vmcatcher leaves variables unset that a list leaves empty, and what it inherited shines through. */
function judgeStale({ file, variables }: CronJob): Verdict | readonly [] {
  const stale = [...variables.keys()].filter((name) => name.startsWith("VMCATCHER_EVENT_"));
  return stale.length === 0
    ? []
    : warning(
        `${file} sets ${stale.join(", ")}: an event that leaves one out gets this value`,
        "remove them there",
      );
}
