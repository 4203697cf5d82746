import { isDoubt } from "../shared/disk/warning.ts";
import type { IdentifierOverview } from "../shared/overview/identifier-overview.ts";

/** How an identifier is doing; the list of images is in this order. */
const STANDINGS = ["trouble", "attention", "working", "live", "retired"] as const;
export type Standing = (typeof STANDINGS)[number];

/** The worst that can be said of an identifier; what is being worked on is not yet expected to be as vmcatcher wants it. */
export function standingOf(its: IdentifierOverview): Standing {
  if (its.deadLetters.length > 0 || hasNote(its, STOPPED)) {
    return "trouble";
  }
  if (its.inFlight.length > 0) {
    return "working";
  }
  if (isUnlikeAnnounced(its) || isDoubtful(its)) {
    return "attention";
  }
  return its.live === undefined ? "retired" : "live";
}

/** Whether the live image is not what vmcatcher wants, or has not the name that it should. */
export function isUnlikeAnnounced(its: IdentifierOverview): boolean {
  return hasNote(its, TO_LOOK_AT);
}

/** Whether the live image may be no disk, or not the one that boots. */
export function isDoubtful({ live }: IdentifierOverview): boolean {
  return live?.warnings?.some(isDoubt) === true;
}

function hasNote({ notes }: IdentifierOverview, codes: ReadonlySet<NoteCode>): boolean {
  return notes.some(({ code }) => codes.has(code));
}

/** Those in trouble first, then by what people call them. */
export function byStanding(
  identifiers: readonly IdentifierOverview[],
): readonly (IdentifierOverview & { readonly standing: Standing })[] {
  return identifiers
    .map((its) => ({ ...its, standing: standingOf(its) }))
    .sort(
      (a, b) =>
        STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
        compare(a.title ?? a.identifier, b.title ?? b.identifier) ||
        compare(a.identifier, b.identifier),
    );
}

type NoteCode = IdentifierOverview["notes"][number]["code"];

const STOPPED: ReadonlySet<NoteCode> = new Set(["two-live-images", "not-usable"]);

const TO_LOOK_AT: ReadonlySet<NoteCode> = new Set([
  "renamed",
  "newer-version-due",
  "subscription-unknown",
  "not-endorsed",
  "not-current",
]);

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
