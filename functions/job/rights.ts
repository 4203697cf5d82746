import * as z from "zod";

/** Who may use an image: what an update carries over from the old one to the new one. */
export const rightsSchema = z.object({
  uid: z.int().min(0),
  gid: z.int().min(0),
  /** Octal OpenNebula permissions of owner, group and others. */
  mode: z.string().regex(/^[0-7]{3}$/),
  disabled: z.boolean(),
});

export type Rights = z.infer<typeof rightsSchema>;
