import { readFileSync } from "node:fs";
import * as z from "zod";
import { RpcFault } from "../../../functions/shared/opennebula/rpc-errors.ts";
import { AnswerReader } from "../../../functions/shared/opennebula/codec.ts";

const directory = new URL("../../fixtures/opennebula/recordings/", import.meta.url);

/** One call to a real oned, as index.json tells it. */
export interface Recording {
  readonly name: string;
  readonly method: string | null;
  readonly args: readonly unknown[] | null;
  readonly response_file: string;
  readonly http_status: number;
}

export const recordings: readonly Recording[] = JSON.parse(
  readFileSync(new URL("index.json", directory), "utf8"),
);

/** The body of an answer, byte for byte. */
export function answerBody(name: string): Buffer {
  const recording = recordings.find((candidate) => candidate.name === name);
  if (recording === undefined) {
    throw new Error(`no recording ${name}`);
  }
  return readFileSync(new URL(recording.response_file, directory));
}

/** What the XML-RPC layer makes of a recorded answer. */
export function decoded(name: string): unknown {
  const reader = new AnswerReader();
  reader.write(answerBody(name));
  return reader.end();
}

/** The XML document inside a recorded success. */
export function documentOf(name: string): string {
  return z.tuple([z.literal(true), z.string(), z.literal(0)]).parse(decoded(name))[1];
}

/** The fault that a recorded refusal is. */
export function faultOf(name: string): RpcFault {
  const refusal = z.tuple([z.literal(false), z.string(), z.int(), z.int(), z.literal("-1")]);
  const [, text, code, id] = refusal.parse(decoded(name));
  return new RpcFault("one.image.x", code, text, id);
}
