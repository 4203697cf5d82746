import * as z from "zod";
import { jobSchema, modeSchema } from "../capture-metadata/message.ts";

/** Who may use an image: what an update carries over from the old one to the new one. */
export const rightsSchema = z.object({
  uid: z.int().min(0),
  gid: z.int().min(0),
  mode: modeSchema,
  disabled: z.boolean(),
});

export type Rights = z.infer<typeof rightsSchema>;

/** What convert-image takes. */
export const messageSchema = z.object({
  job: jobSchema,
  /** Step A: the rights of the live image, or of the latest expired one. */
  previous: rightsSchema.extend({ imageId: z.int().min(0) }).optional(),
  /** There is nothing to convert: the announced content is live already, or a newer event has come first. */
  unchanged: z.boolean(),
});
export type Message = z.infer<typeof messageSchema>;
