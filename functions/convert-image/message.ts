import { capturedSchema, type Captured } from "../job/captured.ts";

/** What convert-image takes. */
export const messageSchema = capturedSchema;
export type Message = Captured;
