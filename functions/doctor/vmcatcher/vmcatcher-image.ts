import { stat } from "node:fs/promises";
import { findInPath } from "../../shared/files/program-path.ts";
import { unlessMissing } from "../../shared/files/unless-missing.ts";
import { error, ok, unchecked, type Check, type Verdict } from "../check.ts";
import { cronPath } from "../cron-path.ts";
import type { CronJob } from "../cron-jobs.ts";
import { EXECUTE, obstacle } from "../obstacle.ts";
import type { Person } from "../person.ts";
import { vmcatcherJobs, vmcatcherUsers } from "../vmcatcher-side.ts";

/** Whether the hook can ask if an expired image is still subscribed. */
export const vmcatcherImage: Check = {
  name: "vmcatcher-image",
  looksAt: "vmcatcher_image in the PATH that cron gives the hook",
  look: async (site, signal) => {
    const jobs = await vmcatcherJobs(site);
    const users = await vmcatcherUsers(site, signal);
    return Promise.all(jobs.map((job) => judge(job, users)));
  },
};

async function judge(job: CronJob, users: readonly Person[]): Promise<Verdict> {
  const named = job.variables.get(SETTING) ?? "vmcatcher_image";
  const fix = `in ${job.file}, set PATH so that it is found, or ${SETTING} to its path`;
  if (named.includes("$") || cronPath(job).includes("$")) {
    return unchecked(`${job.file}: where ${named} is looked for cannot be told from the text`, fix);
  }
  const path = named.startsWith("/") ? named : await findInPath(named, cronPath(job));
  const lost = "images that expire are kept, since nobody knows whether they are still subscribed";
  if (path === undefined || (await unlessMissing(stat(path))) === undefined) {
    return error(`there is no ${named} in the hook's PATH ${cronPath(job)}: ${lost}`, fix);
  }
  for (const user of users) {
    const refusal = await obstacle(path, user, EXECUTE);
    if (refusal !== undefined) {
      return error(`${refusal}: ${lost}`, fix);
    }
  }
  return ok(`the hook finds ${path}`);
}

const SETTING = "VMCATCHER_ONE_VMCATCHER_IMAGE";
