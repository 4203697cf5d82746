import type { Examination } from "./examination.ts";

/** One thing that can be wrong with an installation. */
export interface Check {
  /** Kebab-case and stable: scripts and alerts go by it. */
  readonly name: string;
  /** What it looks at, in a few words. */
  readonly looksAt: string;
  /** Looks, and changes nothing. @throws Unavailable, and what the system throws: `examine` tells what that means */
  look(site: Examination, signal: AbortSignal): Promise<Verdict | readonly Verdict[]>;
}

export type Severity = Verdict["severity"];

/** What a check says of one thing that it saw. */
export type Verdict =
  | { readonly severity: "ok"; readonly seen: string }
  | {
      readonly severity: "warning" | "error" | "unchecked";
      readonly seen: string;
      /** What to do about it; of something unchecked, how to have it checked. */
      readonly fix: string;
    };

/** A verdict with the name of its check. */
export type Finding = Verdict & { readonly check: string };

/** All is well with what was seen. */
export function ok(seen: string): Verdict {
  return { severity: "ok", seen };
}

/** It works, but not as it should, or not for long. */
export function warning(seen: string, fix: string): Verdict {
  return { severity: "warning", seen, fix };
}

/** Images do not arrive, or something is lost, until a person has acted. */
export function error(seen: string, fix: string): Verdict {
  return { severity: "error", seen, fix };
}

/** Nothing can be said, and why. */
export function unchecked(why: string, fix: string): Verdict {
  return { severity: "unchecked", seen: why, fix };
}

/** The troubles, or, when there is none, that all is well. */
export function troublesOr(troubles: readonly Verdict[], seen: string): readonly Verdict[] {
  return troubles.length > 0 ? troubles : [ok(seen)];
}
