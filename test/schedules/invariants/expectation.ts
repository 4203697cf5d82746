import type { Content } from "../site/content.ts";
import type { RecordedEvent } from "../site/hook-recorder.ts";

/** What an identifier's events come to, when each of them takes effect in its order. */
export type Expectation =
  | { readonly kind: "live"; readonly content: Content }
  | { readonly kind: "none" }
  /**
   * The newest content cannot be had (a wrong file, a source that is gone, a download that failed): what is live stays. Whether the
   * version before is live depends on how far it came while vmcatcher still endorsed it.
   */
  | { readonly kind: "no newer" };

/** @param events of one identifier, oldest first @param given-up ids of jobs that lie dead for good */
export function expectationOf(
  events: readonly RecordedEvent[],
  givenUp: ReadonlySet<string>,
  expireUnknown: "keep" | "expire",
): Expectation {
  let expected: Expectation = { kind: "none" };
  for (const event of events) {
    const { jobId, what } = event;
    if (what.kind === "available") {
      expected = givenUp.has(jobId)
        ? { kind: "no newer" }
        : { kind: "live", content: what.content };
    } else if (isExpiry(event, expireUnknown)) {
      expected = { kind: "none" };
    } else if (expected.kind === "live") {
      expected = { kind: "no newer" };
    }
  }
  return expected;
}

/** Whether the event takes the identifier's image away. */
export function isExpiry({ what }: RecordedEvent, expireUnknown: "keep" | "expire"): boolean {
  return (
    what.kind === "expired" &&
    (what.subscription === "gone" ||
      (what.subscription === "unknown" && expireUnknown === "expire"))
  );
}
