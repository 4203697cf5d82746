import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { errorText } from "../shared/log/error-text.ts";
import { namesIn } from "../shared/files/names-in.ts";
import { readRegularFile } from "../shared/files/regular-file.ts";
import { unlessMissing } from "../shared/files/unless-missing.ts";
import { readCronText, type CronText } from "./cron-text.ts";

/** A cron file that runs vmcatcher, with the shell scripts that it calls. */
export interface CronJob {
  readonly file: string;
  /** The user that it runs as, where the file says it. */
  readonly user: string | undefined;
  /** All variables that the file and its scripts set; of several settings of one the last. */
  readonly variables: ReadonlyMap<string, string>;
}

/** What runs vmcatcher on this host. */
export interface CronJobs {
  readonly jobs: readonly CronJob[];
  /** Files that could not be read, with the reason. */
  readonly unreadable: readonly string[];
}

/** Where cron looks: Debian's and Red Hat's places. */
export const CRON_PLACES = [
  "/etc/crontab",
  "/etc/cron.d",
  "/etc/cron.hourly",
  "/etc/cron.daily",
  "/var/spool/cron/crontabs",
  "/var/spool/cron",
] as const;

/** @param places files, or directories of files; missing ones hold nothing */
export async function readCronJobs(places: readonly string[]): Promise<CronJobs> {
  const jobs: CronJob[] = [];
  const unreadable: string[] = [];
  for (const place of places) {
    try {
      for (const file of await filesOf(place)) {
        const text = await readText(file).catch((error: unknown) => {
          unreadable.push(`${file}: ${errorText(error)}`);
        });
        const job = text === undefined ? undefined : await jobOf(file, text);
        if (job !== undefined) {
          jobs.push(job);
        }
      }
    } catch (error) {
      unreadable.push(`${place}: ${errorText(error)}`);
    }
  }
  return { jobs, unreadable };
}

const MAX_BYTES = 256 * 1024; // a crontab, or a script that a person wrote
const MAX_SCRIPTS = 50;

async function filesOf(place: string): Promise<readonly string[]> {
  const found = await unlessMissing(stat(place));
  if (found === undefined || !found.isDirectory()) {
    return found === undefined ? [] : [place];
  }
  const files: string[] = [];
  for (const name of await namesIn(place)) {
    const path = join(place, name);
    if ((await unlessMissing(stat(path)))?.isFile() === true) {
      files.push(path);
    }
  }
  return files;
}

async function readText(path: string): Promise<string> {
  return (await readRegularFile(path, MAX_BYTES)).toString("utf8");
}

async function jobOf(file: string, text: string): Promise<CronJob | undefined> {
  const parts: CronText[] = [readCronText(text)];
  for (const path of parts[0]?.paths.slice(0, MAX_SCRIPTS) ?? []) {
    const script = await readScript(path);
    if (script !== undefined) {
      parts.push(readCronText(script));
    }
  }
  if (!parts.some(({ runsVmcatcher }) => runsVmcatcher)) {
    return undefined;
  }
  return {
    file,
    user: userOf(file, parts[0]?.user),
    variables: new Map(parts.flatMap(({ variables }) => [...variables])),
  };
}

/** A shell script; what cannot be read as one (a program, a log file, nothing) is none. */
async function readScript(path: string): Promise<string | undefined> {
  const text = await readText(path).catch(() => "");
  return /^#!\s*\S*\b(?:ba|da|k|z|busybox )?sh\b/.test(text) && !text.includes(OUR_HOOK)
    ? text
    : undefined;
}

/** The hook sets variables of its own, which are not cron's. */
const OUR_HOOK = "VMCATCHER_ONE_HOOK_";

/** A file of a person's own names no user: it has his name. */
function userOf(file: string, told: string | undefined): string | undefined {
  return file.startsWith("/var/spool/cron/") ? basename(file) : told;
}
