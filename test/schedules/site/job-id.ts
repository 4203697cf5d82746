import * as z from "zod";

/** The id of the job that a message of any step is about. */
export function jobIdOf(body: string): string {
  return messageSchema.parse(JSON.parse(body)).job.id;
}

const messageSchema = z.object({ job: z.object({ id: z.string() }) });
