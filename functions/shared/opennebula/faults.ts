import type { RpcFault } from "./rpc-errors.ts";

/*
 * oned's codes are coarse: 512 is missing rights, a full quota or a lock; 8192 is nearly anything; 1024 is also said of a missing
 * user. So a fault is known by its code and its text together. The texts were recorded from 6.10, 7.0 and 7.4, where they are the
 * same, or read in the source (S); they come without their `[one.image.…] ` here.
 */

/** Something that a call named does not exist (any more). @param id when given, it must be that one */
export function isMissing(
  fault: RpcFault,
  what: "image" | "user" | "group" | "datastore",
  id?: number,
): boolean {
  const match =
    fault.code === NO_EXISTS ? /^Error getting (\w+) \[(\d+)\]\.$/.exec(reason(fault)) : null;
  return match !== null && match[1] === what && (id === undefined || Number(match[2]) === id);
}

/** The owner already has, or (when two calls race) may have, an image of that name; it may be one that is being deleted. */
export function isNameTaken(fault: RpcFault): boolean {
  return match(fault, "name taken") !== undefined;
}

/** Id of the image that has the name, where OpenNebula says it. */
export function takenBy(fault: RpcFault): number | undefined {
  const id = match(fault, "name taken")?.[1];
  return id === undefined ? undefined : Number(id);
}

/** The image is being copied, cloned, used or deleted, so it cannot be enabled, disabled, made persistent or deleted now. */
export function isWrongState(fault: RpcFault): boolean {
  return match(fault, "wrong state") !== undefined;
}

/** A quota of the owner or of the group is full. */
export function isQuota(fault: RpcFault): boolean {
  return match(fault, "quota") !== undefined;
}

/** The same call may be accepted later, without anything being wrong with the image: an outage, a lock, a lack of space. */
export function isUnavailable(fault: RpcFault): boolean {
  return match(fault, "unavailable") !== undefined;
}

/**
 * The datastore's driver failed when it was to look at the file (its `stat`), or `oned` itself did: a script that could not be started,
 * no memory, a mount that hung. It may pass by itself; what the driver says of a file that it may not open, or that is not there, does not.
 */
export function isDriverTrouble(fault: RpcFault): boolean {
  return match(fault, "driver trouble") !== undefined;
}

const AUTHENTICATION = 256;
const AUTHORIZATION = 512;
const NO_EXISTS = 1024;
const ACTION = 2048;
const INTERNAL = 8192;
const ALLOCATE = 16_384;
const LOCKED = 32_768;
const REPLICATION = 65_536;

type Kind = "name taken" | "wrong state" | "quota" | "unavailable" | "driver trouble";

/** The first group of a pattern is the id of the image in the way. Names in the texts are foreign: patterns are anchored. */
const TABLE: readonly (readonly [kind: Kind, code: number, text: RegExp])[] = [
  [
    "name taken",
    ALLOCATE,
    /^Error allocating a new image\. NAME is already taken by IMAGE (\d+)\.$/,
  ],
  ["name taken", ALLOCATE, /^Error allocating a new image\.\s*$/], // the loser of a close race is told no reason
  ["name taken", ACTION, /^image cannot be renamed to .* because it collides with image (\d+)$/s],
  ["name taken", INTERNAL, /^user \[\d+\] already owns image \[(\d+)\] with NAME /],

  ["wrong state", INTERNAL, /^Could not [a-z -]+: Image cannot be in state \w+\.$/],
  ["wrong state", INTERNAL, /^Image locked, use --force flag to remove the image\./],
  [
    "wrong state",
    ACTION,
    /^Cannot delete image\. There are \d+ (?:VMs using it|active clone operations)\.$/,
  ],

  [
    "quota",
    AUTHORIZATION,
    /^User \[\d+\] : (?:user|group) \[\d+\] limit of \S+ reached for \S+ quota\b/,
  ],

  // Wrong password, unknown or disabled user: the site's configuration is broken, not the message.
  ["unavailable", AUTHENTICATION, /^/],
  ["unavailable", AUTHORIZATION, /^User \[\d+\] : IMAGE is locked\. \[/], // one.image.lock, which stops even oneadmin
  // FREE_MB of the last monitoring counts, which is 0 for up to a minute after oned starts.
  ["unavailable", ACTION, /^Not enough space in datastore/],
  // Zone disabled; HA: in election mode, no leader found (S), replicating log (S).
  ["unavailable", INTERNAL, /^Cannot process request, /],
  ["unavailable", INTERNAL, /^Object is being renamed/], // (S)
  ["unavailable", LOCKED, /^/], // (S)
  ["unavailable", REPLICATION, /^/], // (S)

  // The driver's own text follows; it is empty or `-` when the script said nothing.
  ["driver trouble", INTERNAL, /^(?:Internal error|Cannot parse image SIZE: (?!cannot access '))/i],
];

function match(fault: RpcFault, wanted: Kind): RegExpExecArray | undefined {
  const text = reason(fault);
  for (const [kind, code, pattern] of TABLE) {
    const found = kind === wanted && code === fault.code ? pattern.exec(text) : null;
    if (found !== null) {
      return found;
    }
  }
  return undefined;
}

function reason(fault: RpcFault): string {
  return fault.message.replace(/^\[one\.\w+\.\w+\] /, "");
}
