import { settledSchema, type Settled } from "../job/outcome.ts";

/** What restore-permissions takes. */
export const messageSchema = settledSchema;
export type Message = Settled;
