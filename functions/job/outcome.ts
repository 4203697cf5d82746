import * as z from "zod";
import { jobSchema } from "./job.ts";

/** A job, and what register-image did: what restore-permissions takes. */
export const settledSchema = z.object({
  job: jobSchema,
  /** `image` is the one that now has the identifier as its NAME. */
  outcome: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("registered"), imageId: z.int().min(0) }),
    z.object({ kind: z.enum(["unchanged", "expired", "kept", "superseded", "nothing-to-expire"]) }),
  ]),
});
export type Settled = z.infer<typeof settledSchema>;
