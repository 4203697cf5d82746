import { randomBytes } from "node:crypto";
import type { AvailableJob } from "../../functions/job/job.ts";
import { sha512Digest } from "../../functions/job/digest.ts";

/** An event for an image file. */
export function jobFor(
  path: string,
  facts: Partial<AvailableJob["source"]> & { readonly sha512: string },
): AvailableJob {
  const { sha512, ...source } = facts;
  return {
    id: randomBytes(16).toString("hex"),
    event: "available",
    eventTime: "2026-01-02T03:04:05.000000006Z",
    identifier: "image-1",
    attributes: {},
    restarts: 0,
    digest: sha512Digest(sha512),
    source: { path, pinned: true, ...source },
  };
}
