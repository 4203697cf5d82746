import assert from "node:assert/strict";
import { inspect } from "node:util";
import * as z from "zod";
import { RpcTransportError } from "../../../functions/shared/opennebula/rpc-errors.ts";
import { createRpc, type Rpc, type RpcOptions } from "../../../functions/shared/opennebula/rpc.ts";
import { success } from "./misbehaving-server.ts";

export const SESSION = "oneadmin:s3cret-Pa55";
export const never = new AbortController().signal;

/** Calls with the session, and with little patience. */
export function rpcTo(endpoint: URL, options: Partial<RpcOptions> = {}): Rpc {
  return createRpc({ endpoint, session: async () => SESSION, timeoutMs: () => 2000, ...options });
}

/** One call that is answered with a text. */
export const info = (rpc: Rpc, signal: AbortSignal = never): Promise<string> =>
  rpc.call("one.image.info", [7], z.string(), signal);

/** What a promise rejects with. */
export async function thrown(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

/** An RpcTransportError of `info` whose text ends as it should and gives nothing away. */
export function assertTransport(error: unknown, text: RegExp): void {
  assert.ok(error instanceof RpcTransportError, inspect(error));
  assert.equal(error.method, "one.image.info");
  assert.match(error.message, /^one\.image\.info at 127\.0\.0\.1:\d+: /);
  assert.match(error.message, text);
  assertNoSecret(error);
}

export function assertNoSecret(error: unknown): void {
  assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /s3cret/);
}

/** A success that `info` accepts. */
export const ok = success("<IMAGE/>");
