import type { Digest } from "../../job/digest.ts";
import type { Job } from "../../job/job.ts";

/*
 * What is endorsed now: which identifiers, with which content, and whether that is known at all. Guards, reconcile, retire, status, the
 * page and doctor ask here and nowhere else.
 *
 * Several sources can stand beside each other at one site (several-sources.ts); an identifier belongs to exactly one of them. "Not
 * known" is never "not endorsed": nothing is retired for it.
 */

/** One content that is endorsed. What its source leaves empty is absent; texts are as the source spells them. */
export interface Endorsed {
  readonly identifier: string;
  readonly digest: Digest;
  readonly title?: string | undefined;
  readonly version?: string | undefined;
  /** When the endorsement ends, for example `2499-12-31T22:00:00Z`. */
  readonly expires?: string | undefined;
  /** dc:identifier of the list that endorses it. */
  readonly list?: string | undefined;
  /** Its source says so since then at the latest. */
  readonly since: Date;
  /** Needs of a VM; most lists mean MiB, some do not say. */
  readonly ramMinimum?: string | undefined;
  readonly ramRecommended?: string | undefined;
  readonly coreMinimum?: string | undefined;
  readonly coreRecommended?: string | undefined;
}

/** What the record of what is there says of one identifier. Of one whose update is being fetched it says nothing else than of a withdrawn one. */
export type RecordedStanding =
  | { readonly kind: "endorsed"; readonly image: Endorsed }
  | { readonly kind: "not-endorsed" }
  /** The record is missing, unreadable, half-written, or none at all. */
  | { readonly kind: "unknown" };

/** What can be said of one identifier. It is `unknown`, too, when the record does not name it and nothing tells whether it is awaited. */
export type Standing =
  | RecordedStanding
  /** Endorsed, and what is endorsed is not there yet. */
  | { readonly kind: "awaited" };

/** All that is endorsed, as it was at one look. */
export interface Endorsements {
  /** Where it stands written, for sentences. */
  readonly record: string;
  /** Whether all of it could be read; otherwise what it does not name is `unknown`. */
  readonly isKnown: boolean;
  /** What could not be looked at, one sentence each. */
  readonly notChecked: readonly string[];
  of(identifier: string): Standing;
}

/** What tells what is endorsed. */
export interface Endorsement {
  /**
   * Asks the source that has announced a job for the job's identifier, in the record that the announcement names.
   * @returns undefined when the job names no record. An abort throws the signal's reason
   */
  ofJob(
    job: Pick<Job, "identifier" | "cacheIndex">,
    signal: AbortSignal,
  ): Promise<RecordedStanding | undefined>;
  /** Looks once at all that is endorsed at the site, and at what is awaited. An abort throws the signal's reason. */
  look(signal: AbortSignal): Promise<Endorsements>;
}

/** One of those that endorse images at a site. */
export interface EndorsementSource extends Endorsement {
  /**
   * Looks at everything that is needed to announce anew what is endorsed.
   * @param now no record counts as written later
   * @throws StockUnusable when nothing can be concluded; an abort throws the signal's reason
   */
  takeStock(now: Date, signal: AbortSignal): Promise<Stock>;
}

/** What a source endorses and holds, and what it waits for. */
export interface Stock {
  /** Where it stands written, for sentences. */
  readonly record: string;
  /** Absolute path: where the files lie. */
  readonly directory: string;
  /** When the record was written, as the chain compares times: what it says holds since then at the latest. */
  readonly savedAt: string;
  /** By identifier. */
  readonly images: ReadonlyMap<string, StockedImage>;
  /** Endorsed, and the file is not there yet. */
  readonly awaited: readonly AwaitedImage[];
  /** Of an identifier that is not in `images`. */
  standingOf(identifier: string): Exclude<Standing["kind"], "endorsed">;
  /** Why any identifier that is unknown may be awaited all the same. */
  readonly perhapsAwaited: string | undefined;
  /** What could not be looked at, one sentence each. */
  readonly notChecked: readonly string[];
  /** Whether the record is the same still. */
  isCurrent(): Promise<boolean>;
}

/** An endorsed image whose file is there. */
export interface StockedImage extends Endorsed {
  /** Name of the file in the stock's directory. */
  readonly filename: string;
  readonly sizeBytes: number;
  /** What an event would say of it: VMCATCHER_EVENT_* without the event's own. */
  readonly variables: Readonly<Record<string, string>>;
  /** When its list ends. */
  readonly listExpires: string | undefined;
}

/** An endorsed image whose file is to be fetched. */
export interface AwaitedImage {
  readonly identifier: string;
  readonly title?: string | undefined;
  /** How often it was tried; no more tries follow when it was given up. */
  readonly tries: number;
  readonly givenUp: boolean;
}

/** Thrown when a record cannot be a basis for anything: nothing is planned, and nothing is done. */
export class StockUnusable extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "StockUnusable";
  }
}
