import * as z from "zod";
import { GiveUp } from "../step/errors.ts";
import { errorText } from "../log/error-text.ts";

/** A message as far as the runtime must understand it; the rest is the step's business. */
export interface Envelope {
  readonly message: unknown;
  /** Absent when the message carries no job, which the step will refuse. */
  readonly job: JobFacts | undefined;
}

/** What every step's message says about its job. */
export type JobFacts = z.infer<typeof jobFactsSchema>;

/** @returns GiveUp `invalid-message`, not thrown, when the body is not JSON: nothing is known of such a message */
export function readEnvelope(body: string): Envelope | GiveUp {
  try {
    const message: unknown = JSON.parse(body);
    return { message, job: jobSchema.safeParse(message).data?.job };
  } catch (error) {
    return new GiveUp("invalid-message", `the message is not JSON: ${errorText(error)}`, {
      cause: error,
    });
  }
}

/** The body for the first queue when a job starts over: the job alone, with one restart more. */
export function restartedBody(job: JobFacts): string {
  return JSON.stringify({ job: { ...job, restarts: job.restarts + 1 } });
}

const jobFactsSchema = z.looseObject({
  id: z.string(),
  identifier: z.string(),
  restarts: z.int().min(0).default(0),
});
const jobSchema = z.object({ job: jobFactsSchema });
