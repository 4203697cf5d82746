import type { Lineage } from "../shared/lineage/lineage.ts";
import type { Ambiguous } from "./evidence.ts";
import type { Finding } from "./plan.ts";

/**
 * What is for a person to decide before anything else can be said of an identifier: two images have its NAME, or none has and
 * another one says that it is live. That one was renamed by hand, or it is a clone, which has all attributes of its original.
 */
export function forAPerson(
  subject: Pick<Finding, "identifier" | "title">,
  lineage: Lineage | Ambiguous,
): Finding | undefined {
  if ("ambiguous" in lineage) {
    const advice = "which one's rights count is yours to say";
    return { ...subject, kind: "duplicate", what: lineage.ambiguous, advice };
  }
  const { live } = lineage;
  if (live === undefined || live.name === subject.identifier) {
    return undefined;
  }
  return {
    ...subject,
    kind: "renamed",
    what: `image ${live.id} '${live.name}' of ${live.uname} says that it is live, but has another name`,
    advice: "give it its name again, or, if it is a user's clone, empty its VMCATCHER_ONE_STATE",
  };
}
