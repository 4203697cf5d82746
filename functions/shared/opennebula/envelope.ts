import * as z from "zod";
import { Refusal } from "./codec.ts";

/**
 * The value in what OpenNebula answers: `[true, value, 0]`.
 * @throws Refusal for `[false, text, code, id]` (a fifth element since 5.12), Error for anything else
 */
export function openEnvelope<Value>(answer: unknown, value: z.ZodType<Value>): Value {
  const failure = failureSchema.safeParse(answer);
  if (failure.success) {
    const [, text, code, objectId] = failure.data;
    throw new Refusal(code, text, objectId);
  }
  const success = successSchema.safeParse(answer);
  const found = value.safeParse(success.data?.[1]);
  if (!success.success || !found.success) {
    throw new Error("the answer is neither a success nor a failure as OpenNebula tells it");
  }
  return found.data;
}

const successSchema = z.tuple([z.literal(true), z.unknown()], z.unknown());

const failureSchema = z.tuple([z.literal(false), z.string(), z.int(), z.int()], z.unknown());
