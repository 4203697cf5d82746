import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { succeeds } from "../shared/files/succeeds.ts";
import type { CronJob } from "./cron-jobs.ts";
import type { Examination } from "./examination.ts";
import { findPerson, ourselves, type Person } from "./person.ts";
import { Unavailable } from "./unavailable.ts";

/** What the checks of vmcatcher's side begin with. All throw Unavailable. */

/** The cron files that run vmcatcher. */
export async function vmcatcherJobs(site: Examination): Promise<readonly CronJob[]> {
  const { jobs, unreadable } = await site.cronJobs();
  if (jobs.length === 0) {
    const where = site.inContainer ? "this container" : "this host";
    const beyond = unreadable.length === 0 ? "" : ` (not readable: ${unreadable.join(", ")})`;
    throw new Unavailable(
      `no cron file of ${where} runs vmcatcher_cache${beyond}`,
      "run doctor on vmcatcher's host as root, or name what runs it: --cron FILE",
    );
  }
  return jobs;
}

/** The users that run vmcatcher, and so the hook. */
export async function vmcatcherUsers(
  site: Examination,
  signal: AbortSignal,
): Promise<readonly Person[]> {
  const named = site.places.vmcatcherUser;
  const names =
    named === undefined ? (await vmcatcherJobs(site)).map(({ user }) => user ?? "") : [named];
  const known = names.filter((name) => name !== "");
  if (known.length === 0) {
    throw new Unavailable(
      "no cron file says which user runs vmcatcher",
      "name it: --vmcatcher-user NAME",
    );
  }
  return Promise.all([...new Set(known)].map((name) => person(name, signal)));
}

/** A user of this host by name. */
export async function person(name: string, signal: AbortSignal): Promise<Person> {
  const found = await findPerson(name, signal);
  if (found === undefined) {
    throw new Unavailable(
      `${name} is no user here`,
      "name the right one: --vmcatcher-user or --oned-user NAME",
    );
  }
  return found;
}

/** vmcatcher's directories. */
export interface CacheDirectories {
  readonly cache: string;
  /** All in which vmcatcher deletes files that it does not know. */
  readonly cleaned: readonly string[];
}

/** Where vmcatcher keeps its images. */
export async function cacheDirectories(site: Examination): Promise<CacheDirectories> {
  const { jobs } = await site.cronJobs();
  const told = (name: string): string | undefined =>
    jobs.map(({ variables }) => variables.get(name)).find((value) => value !== undefined) ??
    site.env[name];
  const said = site.places.cache ?? told("VMCATCHER_CACHE_DIR_CACHE");
  const named = namesIndex(site) ? dirname(site.config.cacheIndex) : undefined;
  const cache = (isAbsolute(said) ? said : named) ?? said ?? (await usualCache(site));
  if (!isAbsolute(cache)) {
    throw new Unavailable(
      `vmcatcher's cache is not known${cache === undefined ? "" : ` ('${cache}' is no absolute path)`}`,
      "name it: --cache DIRECTORY",
    );
  }
  return {
    cache,
    cleaned: [
      cache,
      told("VMCATCHER_CACHE_DIR_DOWNLOAD") ?? join(cache, "partial"),
      told("VMCATCHER_CACHE_DIR_EXPIRE") ?? join(cache, "expired"),
    ],
  };
}

function isAbsolute(path: string | undefined): path is `/${string}` {
  return path?.startsWith("/") === true;
}

/**
 * The indexes that are asked what is endorsed: the one that the settings name where they do, and the one of vmcatcher's cache, which
 * events name. Mostly they are one.
 */
export async function cacheIndexes(site: Examination): Promise<readonly string[]> {
  const { cache } = await cacheDirectories(site);
  const index = join(cache, "cache.index");
  return namesIndex(site) ? [site.config.cacheIndex, index] : [index];
}

function namesIndex({ env }: Examination): boolean {
  return env["VMCATCHER_ONE_CACHE_INDEX"] !== undefined;
}

/** The user that the functions run as: whoever runs this, or the owner of the home directory when that is root. */
export async function serviceUser(
  home: { readonly uid: number; readonly gid: number },
  signal: AbortSignal,
): Promise<Person> {
  const us = ourselves();
  if (us !== undefined && us.uid !== 0) {
    return us;
  }
  const owner = await findPerson(String(home.uid), signal);
  return owner ?? { name: String(home.uid), uid: home.uid, gids: [home.gid] };
}

/** What sites and packages use: with OpenNebula's own home, and vmcatcher's. */
const USUAL_CACHES = ["/var/lib/one/cache", "/var/lib/vmcatcher/cache"];

async function usualCache({ config }: Examination): Promise<string | undefined> {
  for (const directory of [...USUAL_CACHES, join(dirname(config.home), "cache")]) {
    if (await succeeds(access(join(directory, "cache.index")))) {
      return directory;
    }
  }
  return undefined;
}
