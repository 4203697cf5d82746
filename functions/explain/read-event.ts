import { join } from "node:path";
import { parseEntry, type RawEvent } from "../shared/spool/entry.ts";
import { eventTimeAt, hookTime } from "../shared/time/event-time.ts";

/**
 * Reads an event from a file: an entry of the hook's spool, or VMCATCHER_* variables written down by hand, one a line, as `env` prints
 * them. The latter counts as one that comes now, whose image lies where vmcatcher says and is not pinned.
 * @throws GiveUp `invalid-entry`
 */
export function readEvent(bytes: Uint8Array, now: Date): RawEvent {
  if (bytes.includes(0)) {
    return parseEntry(bytes);
  }
  const variables = new Map(
    new TextDecoder()
      .decode(bytes)
      .split("\n")
      .map((line) => /^(?:export )?(VMCATCHER_[A-Za-z0-9_]+)=(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name = "", value = ""]) => [name, value] as const)
      .filter(([, value]) => value !== "" && value !== "None"),
  );
  const own = [...variables].filter(([name]) => name.startsWith(HOOK_PREFIX));
  for (const [name] of own) {
    variables.delete(name);
  }
  return { variables, hook: new Map([...foundByHook(variables, now), ...own]) };
}

const HOOK_PREFIX = "VMCATCHER_ONE_HOOK_";

/** What the hook adds to vmcatcher's variables. */
function foundByHook(
  variables: ReadonlyMap<string, string>,
  now: Date,
): ReadonlyMap<string, string> {
  const directory = variables.get("VMCATCHER_CACHE_DIR_CACHE");
  const file =
    variables.get("VMCATCHER_EVENT_FILENAME") ?? variables.get("VMCATCHER_EVENT_DC_IDENTIFIER");
  return new Map([
    [`${HOOK_PREFIX}TIME`, hookTime(eventTimeAt(now))],
    ...(directory === undefined || file === undefined
      ? []
      : [[`${HOOK_PREFIX}SOURCE`, join(directory, file)] as const]),
  ]);
}
