import { queuedSchema, type Queued } from "../job/job.ts";

/** What capture-metadata takes. */
export const messageSchema = queuedSchema;
export type Message = Queued;
