import * as z from "zod";
import { jobSchema } from "../capture-metadata/message.ts";

/** What restore-permissions takes. */
export const messageSchema = z.object({
  job: jobSchema,
  /** What register-image did; `image` is the one that now has the identifier as its NAME. */
  outcome: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("registered"), imageId: z.int().min(0) }),
    z.object({ kind: z.enum(["unchanged", "expired", "kept", "superseded", "nothing-to-expire"]) }),
  ]),
});
export type Message = z.infer<typeof messageSchema>;
