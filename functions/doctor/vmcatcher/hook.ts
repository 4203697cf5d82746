import { readFile, stat } from "node:fs/promises";
import { readRegularFile } from "../../shared/files/regular-file.ts";
import { findInPath } from "../../shared/files/program-path.ts";
import { unlessMissing } from "../../shared/files/unless-missing.ts";
import { hookPath } from "../../shared/spool/hook-path.ts";
import { error, ok, unchecked, warning, type Check, type Verdict } from "../check.ts";
import { cronPath } from "../cron-path.ts";
import type { CronJob } from "../cron-jobs.ts";
import type { Examination } from "../examination.ts";
import { hookCommandOf, type HookCommand } from "../hook-command.ts";
import { EXECUTE, obstacle, READ } from "../obstacle.ts";
import { vmcatcherJobs, vmcatcherUsers } from "../vmcatcher-side.ts";

/** The hook itself: there, executable for vmcatcher's user, and of this version. */
export const hook: Check = {
  name: "hook",
  looksAt: "the hook that cron names",
  look: async (site, signal) => {
    const verdicts = (await vmcatcherJobs(site)).map((job) => judge(job, site, signal));
    return Promise.all(verdicts);
  },
};

const MAX_BYTES = 2 ** 20;

async function judge(job: CronJob, site: Examination, signal: AbortSignal): Promise<Verdict> {
  const called = hookCommandOf(job.variables.get("VMCATCHER_CACHE_EVENT") ?? "");
  if (called.kind === "predecessor" || called.kind === "unknown" || called.program === "") {
    return unchecked(`${job.file} names no hook that could be looked at`, "see the check cron");
  }
  const path = called.program.startsWith("/")
    ? called.program
    : await findInPath(called.program, cronPath(job));
  if (path === undefined || (await unlessMissing(stat(path))) === undefined) {
    return error(
      `${job.file} calls ${called.program}, which does not exist: every event is lost`,
      install(path ?? "/usr/local/bin/vmcatcher-hook"),
    );
  }
  const wanted = called.kind === "script" && called.interpreted ? READ : READ | EXECUTE;
  for (const user of await vmcatcherUsers(site, signal)) {
    const refusal = await obstacle(path, user, wanted);
    if (refusal !== undefined) {
      return error(`${refusal}: every event is lost`, `chmod 755 ${path}`);
    }
  }
  return called.kind === "own" ? ok(`${path} hook`) : compare(called, path, signal);
}

async function compare(called: HookCommand, path: string, signal: AbortSignal): Promise<Verdict> {
  const installed = await readRegularFile(path, MAX_BYTES, signal);
  return installed.equals(await readFile(hookPath()))
    ? ok(`${path} is this version's`)
    : warning(
        `${path} is not the hook of this version (another version's, or a ${called.kind} of the site's own)`,
        install(path),
      );
}

function install(path: string): string {
  return `vmcatcher-one hook-script > ${path} && chmod 755 ${path}`;
}
