import * as z from "zod";
import type { DeadLetter, QueuedMessage } from "./queue.ts";

/** The head of a group that could be leased. */
export const headSchema = z.object({ id: z.int(), attempts: z.int() });

/** What the lease returns. */
export const leasedSchema = z.object({
  id: z.int(),
  grp: z.string(),
  body: z.string(),
  trace: z.string().nullable(),
  sent_at: z.int(),
  attempts: z.int(),
});

/** When the next hidden message becomes visible, in milliseconds since 1970; null when none is hidden. */
export const nextVisibleSchema = z.object({ at: z.int().nullable() });

/** The latest time that is known in the file, in milliseconds since 1970. */
export const latestSchema = z.object({ latest: z.int() });

export const depthSchema = z.object({ waiting: z.int(), inFlight: z.int(), dead: z.int() });

/** A message or dead letter, as far as `bodies` wants to know. */
export const bodySchema = z.object({ body: z.string() });

/** A message as it lies there. */
export const messageSchema = z
  .object({
    id: z.int(),
    grp: z.string(),
    body: z.string(),
    attempts: z.int(),
    sentAt: z.int(),
    inFlight: z.int(),
  })
  .transform(({ id, grp, inFlight, ...rest }): QueuedMessage => ({
    ...rest,
    messageId: String(id),
    group: grp,
    inFlight: inFlight === 1,
  }));

/** A row of `dead_letter`; `code` is null when the queue itself moved the message there. */
export const deadLetterSchema = z
  .object({
    id: z.int(),
    grp: z.string(),
    body: z.string(),
    code: z.string().nullable(),
    text: z.string().nullable(),
    step: z.string().nullable(),
    time: z.string().nullable(),
    attempts: z.int(),
  })
  .transform(({ id, grp, body, code, text, step, time, attempts }): DeadLetter => ({
    messageId: String(id),
    body,
    group: grp,
    reason:
      code === null
        ? undefined
        : { code, text: text ?? "", step: step ?? "", time: time ?? "", attempts },
  }));
