/**
 * The right name of an environment variable that is a misspelling of one of vmcatcher's: an exchange of letters makes vmcatcher
 * ignore it without a word, and `VMCATHER_` and `VMCATHCER_` were seen in real cron files.
 * @returns undefined when there is nothing to correct
 */
export function correctedName(name: string): string | undefined {
  if (!name.startsWith("VM") || KNOWN.includes(name)) {
    return undefined;
  }
  const [prefix = ""] = name.split("_", 1);
  const right = isNear(prefix, PREFIX) ? `${PREFIX}${name.slice(prefix.length)}` : name;
  // A name of which only the begin is like ours may be that of other software.
  const isOurs = right !== name && /^VMCATCHER_(?:ONE|EVENT)_/.test(right);
  return KNOWN.find((candidate) => isNear(right, candidate)) ?? (isOurs ? right : undefined);
}

const PREFIX = "VMCATCHER";

/** What vmcatcher reads, without its events. */
const KNOWN = [
  "VMCATCHER_RDBMS",
  "VMCATCHER_LOG_CONF",
  "VMCATCHER_DIR_CERT",
  "VMCATCHER_SUB_EVENT",
  "VMCATCHER_CACHE_EVENT",
  "VMCATCHER_CACHE_DIR_CACHE",
  "VMCATCHER_CACHE_DIR_DOWNLOAD",
  "VMCATCHER_CACHE_DIR_EXPIRE",
  "VMCATCHER_CACHE_ACTION_DOWNLOAD",
  "VMCATCHER_CACHE_ACTION_CHECK",
  "VMCATCHER_CACHE_ACTION_EXPIRE",
];

const MOST_EDITS = 2; // an exchange of two letters is two; the known names differ by more

function isNear(one: string, other: string): boolean {
  return Math.abs(one.length - other.length) <= MOST_EDITS && edits(one, other) <= MOST_EDITS;
}

/** Levenshtein's distance. */
function edits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
