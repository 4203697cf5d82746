import { GiveUp } from "../step/errors.ts";

/** What the hook recorded of one event. */
export interface RawEvent {
  /** vmcatcher's variables, VMCATCHER_*. */
  readonly variables: ReadonlyMap<string, string>;
  /** What the hook itself found, VMCATCHER_ONE_HOOK_*. */
  readonly hook: ReadonlyMap<string, string>;
}

/**
 * Parses an entry of the spool: NAME=VALUE records, each ended by NUL, the hook's own with the time last.
 *
 * Values are any bytes; what is not UTF-8 becomes U+FFFD. An empty value and the text `None`, which is how vmcatcher
 * writes a JSON null, count as absent.
 * @throws GiveUp `invalid-entry` when this was not written by the hook, or not to its end
 */
export function parseEntry(bytes: Uint8Array): RawEvent {
  const variables = new Map<string, string>();
  const hook = new Map<string, string>();
  const records = decode(bytes).split("\0");
  if (records.pop() !== "") {
    throw new GiveUp(
      "invalid-entry",
      "the entry does not end with NUL: it is cut off, or not the hook's",
    );
  }
  for (const [index, record] of records.entries()) {
    const match = /^(VMCATCHER_[A-Za-z0-9_]+)=(.*)$/s.exec(record);
    if (match === null) {
      throw new GiveUp(
        "invalid-entry",
        `record ${index + 1} of the entry is not VMCATCHER_NAME=VALUE`,
      );
    }
    const [, name = "", value = ""] = match;
    if (value !== "" && value !== "None") {
      (name.startsWith(HOOK_PREFIX) ? hook : variables).set(name, value);
    }
  }
  if (!records.at(-1)?.startsWith(`${HOOK_PREFIX}TIME=`)) {
    throw new GiveUp(
      "invalid-entry",
      `the entry does not end with ${HOOK_PREFIX}TIME: it is cut off, or not the hook's`,
    );
  }
  return { variables, hook };
}

const HOOK_PREFIX = "VMCATCHER_ONE_HOOK_";

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
