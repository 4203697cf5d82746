import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { sha512Digest } from "../../job/digest.ts";
import { type AvailableJob, type Job } from "../../job/job.ts";
import { identifierSchema } from "../../job/identifier.ts";
import { GiveUp } from "../step/errors.ts";
import { eventTimeOf } from "../time/event-time.ts";
import type { RawEvent } from "./entry.ts";

/**
 * Makes the job of an event. The same event gives the same job id, however often it is read.
 * @throws GiveUp `invalid-event` naming every variable that is wrong, and what to do about it
 */
export function jobOf(event: RawEvent): Job {
  const parsed = messageSchema.safeParse(Object.fromEntries([...event.variables, ...event.hook]));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
    throw new GiveUp("invalid-event", problems.join("\n"), { cause: parsed.error });
  }
  const message = parsed.data;
  const common = {
    id: jobId(message),
    eventTime: eventTimeOf(BigInt(message.VMCATCHER_ONE_HOOK_TIME.replace(".", ""))),
    identifier: message.VMCATCHER_EVENT_DC_IDENTIFIER,
    attributes: announced(event),
    cacheIndex: cacheIndexOf(message.VMCATCHER_CACHE_DIR_CACHE),
    restarts: 0,
  };
  return message.VMCATCHER_EVENT_TYPE === "AvailablePostfix"
    ? {
        ...common,
        event: "available",
        digest: sha512Digest(message.VMCATCHER_EVENT_SL_CHECKSUM_SHA512),
        title: message.VMCATCHER_EVENT_DC_TITLE,
        vo: message.VMCATCHER_EVENT_VO,
        source: message.source,
      }
    : { ...common, event: "expired", subscription: message.VMCATCHER_ONE_HOOK_SUBSCRIPTION };
}

const commonShape = {
  VMCATCHER_EVENT_UUID_SESSION: z.string().optional(),
  VMCATCHER_EVENT_DC_IDENTIFIER: z
    .string(
      "is missing: let vmcatcher call the hook (VMCATCHER_CACHE_EVENT) instead of calling it by hand",
    )
    .pipe(identifierSchema),
  VMCATCHER_CACHE_DIR_CACHE: z.string().optional(),
  VMCATCHER_ONE_HOOK_TIME: z
    .string("is missing: the entry is not from vmcatcher-hook, remove it")
    .regex(
      /^\d{1,11}\.\d{9}$/,
      "is not seconds and nanoseconds: the entry is not from vmcatcher-hook, remove it",
    ),
};

const absolutePath = z.string().startsWith("/", "is not an absolute path");

const availableSchema = z
  .object({
    ...commonShape,
    VMCATCHER_EVENT_TYPE: z.literal("AvailablePostfix"),
    VMCATCHER_EVENT_SL_CHECKSUM_SHA512: z
      .string("is missing: the image list names no checksum, tell its endorser")
      .regex(
        /^[0-9A-Fa-f]{128}$/,
        "is not 128 hexadecimal digits: the image list is wrong, tell its endorser",
      )
      .toLowerCase(),
    VMCATCHER_EVENT_DC_TITLE: z.string().optional(),
    VMCATCHER_EVENT_VO: z.string().optional(),
    VMCATCHER_EVENT_HV_FORMAT: z.string().optional(),
    VMCATCHER_ONE_HOOK_SOURCE: absolutePath.optional(),
    VMCATCHER_ONE_HOOK_PIN: absolutePath.optional(),
    VMCATCHER_ONE_HOOK_PIN_ERROR: z.string().optional(),
  })
  .transform((message, context) => {
    const pin = message.VMCATCHER_ONE_HOOK_PIN;
    const path = pin ?? message.VMCATCHER_ONE_HOOK_SOURCE;
    if (path === undefined) {
      const reason = message.VMCATCHER_ONE_HOOK_PIN_ERROR ?? "the entry does not say why";
      context.addIssue({
        code: "custom",
        path: ["VMCATCHER_ONE_HOOK_SOURCE"],
        message: `is missing: the hook could not tell which file the image is: ${reason}`,
      });
      return z.NEVER;
    }
    const format = message.VMCATCHER_EVENT_HV_FORMAT;
    return {
      ...message,
      source: { path, pinned: pin !== undefined, format } satisfies AvailableJob["source"],
    };
  });

const expiredSchema = z.object({
  ...commonShape,
  VMCATCHER_EVENT_TYPE: z.enum(["ExpirePostfix", "ExpirePosfix"]), // vmcatcher before 0.2.1 wrote it without the t
  VMCATCHER_EVENT_SL_CHECKSUM_SHA512: z.string().toLowerCase().optional(),
  VMCATCHER_ONE_HOOK_SUBSCRIPTION: z.enum(["subscribed", "gone", "unknown"]).default("unknown"),
});

/** An event as vmcatcher announces it and the hook records it; what is absent or empty is left out. */
const messageSchema = z.discriminatedUnion(
  "VMCATCHER_EVENT_TYPE",
  [availableSchema, expiredSchema],
  {
    error: ({ input }) =>
      `is ${typeOf(input)}, not AvailablePostfix or ExpirePostfix: update vmcatcher-one if it is new in vmcatcher`,
  },
);
type Message = z.infer<typeof messageSchema>;

const JOB_ID_DIGITS = 32;

// vmcatcher has one session a run, and tells each change of an image once in a session.
function jobId(message: Message): string {
  const key = [
    message.VMCATCHER_EVENT_UUID_SESSION ?? message.VMCATCHER_ONE_HOOK_TIME,
    message.VMCATCHER_EVENT_TYPE,
    message.VMCATCHER_EVENT_DC_IDENTIFIER,
    message.VMCATCHER_EVENT_SL_CHECKSUM_SHA512 ?? "",
  ];
  return createHash("sha256").update(key.join("\0")).digest("hex").slice(0, JOB_ID_DIGITS);
}

function announced(event: RawEvent): Job["attributes"] {
  return Object.fromEntries(
    [...event.variables].filter(([name]) => /^VMCATCHER_EVENT_[A-Z0-9_]{1,64}$/.test(name)),
  );
}

// A path relative to the directory that vmcatcher ran in, which nobody knows any more, is as good as none.
function cacheIndexOf(cacheDirectory: string | undefined): string | undefined {
  return cacheDirectory?.startsWith("/") === true ? join(cacheDirectory, "cache.index") : undefined;
}

function typeOf(input: unknown): string {
  const type = z.object({ VMCATCHER_EVENT_TYPE: z.string() }).safeParse(input)
    .data?.VMCATCHER_EVENT_TYPE;
  return type === undefined ? "missing" : JSON.stringify(type);
}
