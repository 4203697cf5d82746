import * as z from "zod";
import { jobSchema } from "./job.ts";
import { rightsSchema } from "./rights.ts";

/** A job, and what capture-metadata has found: what convert-image takes. */
export const capturedSchema = z.object({
  job: jobSchema,
  /** Step A: the rights of the live image, or of the latest expired one. */
  previous: rightsSchema.extend({ imageId: z.int().min(0) }).optional(),
  /** There is nothing to convert: the announced content is live already, or a newer event has come first. */
  unchanged: z.boolean(),
});
export type Captured = z.infer<typeof capturedSchema>;
