import type { CronJob } from "./cron-jobs.ts";

/** The PATH that the hook has in the end: cron's, and what it adds by itself. */
export function cronPath({ variables }: CronJob): string {
  return `${variables.get("PATH") ?? CRON_DEFAULT}:${HOOK_ADDS}`;
}

const CRON_DEFAULT = "/usr/bin:/bin";
const HOOK_ADDS = "/usr/local/bin:/usr/bin:/bin";
