import type { Finding } from "./plan.ts";

/**
 * Holds all retirements when they are more than half of what is live. A list may shrink, but a lost disk, a wrong path or another
 * site's database look just like that.
 */
export function holdMassRetirement(findings: readonly Finding[], live: number): readonly Finding[] {
  const retired = findings.filter(isRetirement).length;
  if (retired <= live * MOST) {
    return findings;
  }
  const why = `${retired} of ${live} live images would be retired: if that is right, apply with --allow-mass-retirement`;
  return findings.map((finding) =>
    isRetirement(finding) ? { ...finding, held: { kind: "blocked", why } } : finding,
  );
}

const MOST = 0.5;

function isRetirement({ kind, repair }: Finding): boolean {
  return kind === "orphaned" && repair !== undefined;
}
