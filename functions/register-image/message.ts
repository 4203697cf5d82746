import { convertedSchema, type Converted } from "../job/artifact.ts";

/** What register-image takes. */
export const messageSchema = convertedSchema;
export type Message = Converted;
