import type { UnseenEvent } from "../shared/spool/unseen-event.ts";

/** What is not as vmcatcher has it. */
type Kind =
  /** Endorsed, and there is no image. */
  | "missing"
  /** Endorsed, and its image was expired. */
  | "wrongly-expired"
  /** The live image has other content than what is endorsed. */
  | "stale"
  /** OpenNebula does not have the content of the live image. */
  | "broken"
  /** An update or a retirement was interrupted, and nobody goes on with it. */
  | "unfinished"
  /** The live image has the endorsed content and other texts than the list. */
  | "metadata"
  /** Live, and not endorsed any more. */
  | "orphaned"
  /** Two images have the identifier's NAME. */
  | "duplicate"
  /** No image has the NAME, and one of another name says that it is live. */
  | "renamed"
  /** vmcatcher wants it and does not have it yet. */
  | "awaiting-download"
  /** vmcatcher has tried to download it as often as it does. */
  | "given-up"
  /** The endorsement's own date is over. */
  | "image-expired"
  | "list-expired"
  /** vmcatcher endorses something that can be no image's name. */
  | "invalid-identifier";

/** One thing that is not as it should be. */
export interface Finding {
  readonly kind: Kind;
  /** dc:identifier of the image; of the list for `list-expired`. */
  readonly identifier: string;
  readonly title?: string | undefined;
  /** What was seen, in a sentence. */
  readonly what: string;
  /** The event that cures it; absent when only a person can. */
  readonly repair?: UnseenEvent | undefined;
  /** Why the repair is not made now. */
  readonly held?: Held | undefined;
  /** What a person can do. */
  readonly advice?: string | undefined;
}

/** `under-way`: no reason to worry yet. `blocked`: it stays so until a person acts. */
export interface Held {
  readonly kind: "under-way" | "blocked";
  readonly why: string;
}

/** Everything that reconciling found; repairs are what `apply` does. */
export interface Plan {
  readonly cacheIndex: string;
  /** When vmcatcher saved it. */
  readonly savedAt: string;
  /** Numbers of identifiers. */
  readonly endorsed: number;
  readonly live: number;
  /** What could not be looked at, one sentence each. */
  readonly notChecked: readonly string[];
  readonly findings: readonly Finding[];
}

/** What `apply` can do now. */
export function repairsOf(plan: Plan): readonly (Finding & { readonly repair: UnseenEvent })[] {
  return plan.findings.flatMap((finding) =>
    finding.repair === undefined || finding.held !== undefined
      ? []
      : [{ ...finding, repair: finding.repair }],
  );
}
