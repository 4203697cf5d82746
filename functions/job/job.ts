import * as z from "zod";
import { digestSchema, sha512Digest } from "./digest.ts";
import { identifierSchema } from "./identifier.ts";

const common = {
  /** The same for every delivery of the same event. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** When the hook saw the event: ISO 8601, UTC, nine digits after the point, so that text order is time order. */
  eventTime: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
  identifier: identifierSchema,
  /** Attributes for the image: VMCATCHER_EVENT_* as announced, and VMCATCHER_ONE_* hints from vmcatcher's cache.index. */
  attributes: z.record(z.string().regex(/^VMCATCHER_(EVENT|ONE)_[A-Z0-9_]{1,64}$/), z.string()),
  /** vmcatcher's own record of what it endorses, asked again before anything becomes visible. */
  cacheIndex: z.string().startsWith("/").optional(),
  /** How often the job was sent back to the first step. */
  restarts: z.int().min(0).default(0),
};

/** Absolute path and claims about an image file. */
const sourceSchema = z.object({
  path: z.string().startsWith("/"),
  /** The path is a hard link of ours in staging, to be removed at the end. */
  pinned: z.boolean(),
  /** As the list spells it (`OVA`, `RAW`, `qcow2`); absent when the list says nothing. */
  format: z.string().optional(),
});

const currentSchema = z.discriminatedUnion("event", [
  z.object({
    ...common,
    event: z.literal("available"),
    /** Of the file that was downloaded and verified. */
    digest: digestSchema,
    title: z.string().optional(),
    vo: z.string().optional(),
    source: sourceSchema,
  }),
  z.object({
    ...common,
    event: z.literal("expired"),
    /** What vmcatcher said when it was asked: `subscribed` means that an update is under way, so nothing is retired. */
    subscription: z.enum(["subscribed", "gone", "unknown"]),
  }),
]);

/** One event of vmcatcher, as all steps see it. */
export const jobSchema = z.preprocess(withDigest, currentSchema);

export type Job = z.infer<typeof jobSchema>;
export type AvailableJob = Extract<Job, { event: "available" }>;
export type ExpiredJob = Extract<Job, { event: "expired" }>;

/** A job as enqueue-event sends it to the first step. */
export const queuedSchema = z.object({ job: jobSchema });
export type Queued = z.infer<typeof queuedSchema>;

/** Messages that wait since an upgrade from the version before have `sha512` instead. */
function withDigest(job: unknown): unknown {
  if (typeof job !== "object" || job === null || !("sha512" in job) || "digest" in job) {
    return job;
  }
  const { sha512, ...rest } = job;
  return typeof sha512 === "string" ? { ...rest, digest: sha512Digest(sha512) } : job;
}
