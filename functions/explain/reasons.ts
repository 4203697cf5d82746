import {
  DISABLE,
  EXPIRY_UNKNOWN_SINCE,
  REMEMBERED,
  SHA512,
  STALE_SINCE,
  STATE,
  SUPERSEDED_BY,
} from "../shared/lineage/attributes.ts";
import { isRetired } from "../shared/lineage/lineage.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import type { BareCall } from "./recording-opennebula.ts";

/**
 * Why a function makes a call, in a sentence: told by what the call does to an image in its state.
 * @param image before the call
 */
export function reasonOf(call: BareCall, image: Image | undefined, identifier: string): string {
  const given: Given = {
    ...call.arguments,
    isRetired: image !== undefined && isRetired(image),
    isPending: image?.name.startsWith(`${identifier}.pending.`) === true,
    identifier,
  };
  const row = REASONS.find(([method, fits]) => method === call.method && fits(given));
  return row?.[2] ?? "";
}

/** The call's arguments, and what counts of its image. */
interface Given {
  readonly name?: unknown;
  readonly uid?: unknown;
  readonly mode?: unknown;
  readonly attributes?: unknown;
  readonly isRetired: boolean;
  readonly isPending: boolean;
  readonly identifier: string;
}

type Row = readonly [method: string, fits: (given: Given) => boolean, why: string];

/** The first one that fits. */
const REASONS: readonly Row[] = [
  [
    "one.image.allocate",
    () => true,
    "OpenNebula copies the new version under a temporary NAME; the live image stays as it is until the copy is complete",
  ],
  ["one.image.delete", () => true, "what this job has made is not wanted any more"],

  ["one.image.update", sets(SUPERSEDED_BY, ""), "not retired after all: the mark is taken off"],
  [
    "one.image.update",
    sets(STATE, "superseded"),
    "the old version is marked, with the rights that it had",
  ],
  [
    "one.image.update",
    sets(STATE, "expired"),
    "marked as expired, with the rights that it had: they come back when it is endorsed again",
  ],
  ["one.image.update", sets(STALE_SINCE), "kept, with a note since when a newer version is due"],
  [
    "one.image.update",
    sets(EXPIRY_UNKNOWN_SINCE),
    "kept, with a note that vmcatcher could not say whether it is still subscribed",
  ],
  ["one.image.update", sets(DISABLE), "a VM uses it: noted, it is disabled when it is free"],
  [
    "one.image.update",
    sets(SHA512),
    "this content is live already: only the event is noted, so that no older one can undo it",
  ],
  ["one.image.update", sets(STATE, "live"), "everything is restored: nothing is pending any more"],
  [
    "one.image.update",
    sets(REMEMBERED),
    "who may use the image is written on the new version, so that no crash forgets it",
  ],

  [
    "one.image.rename",
    ({ name, identifier }) => name === identifier,
    "takes the identifier's NAME: from here on it is the live image",
  ],
  ["one.image.rename", () => true, "gives the identifier's NAME free, and tells when"],

  ["one.image.chown", ({ isRetired: retired }) => retired, "is nobody's but oneadmin's any more"],
  ["one.image.chown", () => true, "owner and group as they were remembered"],
  ["one.image.chmod", ({ isRetired: retired }) => retired, "closed for everybody else"],
  [
    "one.image.chmod",
    ({ isPending: pending }) => pending,
    "must not be open to others before it is the live image",
  ],
  ["one.image.chmod", () => true, "permissions as they were remembered"],
  ["one.image.enable", ({ isRetired: retired }) => retired, "no new VM is to start from it"],
  ["one.image.enable", () => true, "disabled, as the version before was"],
];

function sets(name: string, value?: string): (given: Given) => boolean {
  return ({ attributes }) => {
    const found = new Map(Object.entries(attributes ?? {})).get(name);
    return found !== undefined && (value === undefined || found === value);
  };
}
