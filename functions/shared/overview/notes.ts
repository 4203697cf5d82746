import { warningCodesIn } from "../../job/warning-codes.ts";
import { warningSentence } from "../disk/warning.ts";
import {
  DISABLE,
  EXPIRY_UNKNOWN_SINCE,
  STALE_SINCE,
  STATE,
  WARNINGS,
} from "../lineage/attributes.ts";
import { isComplete, isRetired } from "../lineage/lineage.ts";
import type { Image } from "../opennebula/opennebula.ts";

/** Something about an identifier that an administrator should know. */
export interface Note {
  /** Stable and machine-readable. */
  readonly code: NoteCode;
  readonly text: string;
  readonly imageId?: number | undefined;
}

type NoteCode =
  /** Two images have the identifier's NAME, or say that they are live: nothing is done until one of them is gone. */
  | "two-live-images"
  /** The live image was renamed by hand. */
  | "renamed"
  /** The live image cannot be used: OpenNebula has it in a state like ERROR. */
  | "not-usable"
  /** vmcatcher endorses a version that it has not delivered. */
  | "newer-version-due"
  /** Kept, because vmcatcher, or its database, could not say whether it is still subscribed. */
  | "subscription-unknown"
  /** vmcatcher does not endorse the identifier any more, and it is live all the same. */
  | "not-endorsed"
  /** vmcatcher names another content than the live image holds. */
  | "not-current"
  /** The file that the live image was made of is unusual; until its next version. */
  | "image-warning"
  /** To be disabled as soon as no VM uses it. */
  | "disable-pending"
  /** An image that is live no more is in ERROR: it has no content, and only takes up room. */
  | "old-in-error";

/** What the images of an identifier tell, the worst first. */
export function notesOn(its: {
  readonly identifier: string;
  readonly image: Image | undefined;
  readonly images: readonly Image[];
  readonly endorsed: "yes" | "awaited" | "no" | "unknown";
  readonly current: boolean | undefined;
  /** Whether vmcatcher's cache is known, and the identifier is not in it. */
  readonly isUnlisted: boolean;
}): readonly Note[] {
  const { identifier, image: live, images, endorsed, current, isUnlisted } = its;
  const rivals = images.filter(
    (image) =>
      image.id !== live?.id &&
      (image.name === identifier || image.attributes.get(STATE) === "live"),
  );
  const notes = [
    ...rivals.map((rival) =>
      note(
        "two-live-images",
        rival,
        `image ${rival.id} of ${rival.uname} is live too: rename or delete one of them`,
      ),
    ),
    ...(live === undefined ? [] : liveNotes(identifier, live)),
    live !== undefined && isUnlisted ? unlistedNote(live, endorsed) : undefined,
    current === false
      ? note("not-current", live, "vmcatcher endorses another version than the live one")
      : undefined,
    ...images
      .filter(({ attributes, state }) => attributes.get(DISABLE) === "pending" && !DONE.has(state))
      .map((image) =>
        note("disable-pending", image, `image ${image.id} is to be disabled when free`),
      ),
    ...images
      .filter((image) => isRetired(image) && image.state === "ERROR")
      .map((image) =>
        note(
          "old-in-error",
          image,
          `image ${image.id} is in state ERROR: nobody can use it, delete it`,
        ),
      ),
  ];
  return notes.filter((found) => found !== undefined);
}

/** States of an image that is not to be disabled: it is already, or it has come to ERROR. */
const DONE: ReadonlySet<string> = new Set(["DISABLED", "ERROR"]);

/** Nothing when the live image says by itself what is to be said. */
function unlistedNote(
  live: Image,
  endorsed: "yes" | "awaited" | "no" | "unknown",
): Note | undefined {
  if (endorsed === "no") {
    return note("not-endorsed", live, "live, but vmcatcher does not endorse it any more");
  }
  if (live.attributes.has(STALE_SINCE)) {
    return undefined;
  }
  if (endorsed === "awaited") {
    const text = "vmcatcher endorses it and has not downloaded its update yet";
    return note("newer-version-due", live, text);
  }
  return live.attributes.has(EXPIRY_UNKNOWN_SINCE)
    ? undefined
    : note(
        "subscription-unknown",
        live,
        "live, but not in vmcatcher's cache: being updated or endorsed no more, which only its database could tell",
      );
}

function* liveNotes(identifier: string, live: Image): Generator<Note> {
  if (live.name !== identifier) {
    yield note("renamed", live, `the live image was renamed to ${live.name}`);
  }
  if (!isComplete(live)) {
    yield note("not-usable", live, `the live image is ${live.state}`);
  }
  const stale = live.attributes.get(STALE_SINCE);
  if (stale !== undefined) {
    yield note("newer-version-due", live, `a newer version is due since ${stale}`);
  }
  const unknown = live.attributes.get(EXPIRY_UNKNOWN_SINCE);
  if (unknown !== undefined) {
    yield note("subscription-unknown", live, `kept: subscription unknown since ${unknown}`);
  }
  for (const code of warningCodesIn(live.attributes.get(WARNINGS) ?? "")) {
    yield note("image-warning", live, `${code}: ${warningSentence(code)}`);
  }
}

function note(code: NoteCode, image: Image | undefined, text: string): Note {
  return { code, text, imageId: image?.id };
}
