import { setTimeout as nextTimer } from "node:timers/promises";
import type * as z from "zod";
import { RpcFault, RpcTransportError } from "./rpc-errors.ts";
import { errorText } from "../log/error-text.ts";
import { AnswerReader, Refusal, checkParams, encodeCall, type Param } from "./codec.ts";
import { openEnvelope } from "./envelope.ts";
import { httpPost, type Post } from "./http-post.ts";
import { Limiter } from "./limiter.ts";
import { conceal } from "./session.ts";

/** Calls methods of OpenNebula. */
export interface Rpc {
  /**
   * @param value what the method answers when it succeeds
   * @throws RpcFault when OpenNebula refused, RpcTransportError when no valid answer came, the signal's reason when it aborted,
   *   TypeError when a parameter cannot be sent
   */
  call<Value>(
    method: string,
    params: readonly Param[],
    value: z.ZodType<Value>,
    signal: AbortSignal,
  ): Promise<Value>;
}

/** What is told about each call when it has ended; the time does not include waiting for one's turn. */
export interface CallReport {
  readonly method: string;
  readonly milliseconds: number;
  readonly outcome: "ok" | "fault" | "transport" | "aborted";
}

/** Where to call, as whom, and how patiently. */
export interface RpcOptions {
  readonly endpoint: URL;
  /** Gives `user:password`, which is sent before the parameters and never appears in an error. */
  readonly session: () => Promise<string>;
  readonly onCall?: ((call: CallReport) => void) | undefined;
  /** Overrides the time limits of single methods. */
  readonly timeoutMs?: (method: string) => number;
  readonly maxAnswerBytes?: number;
  /** Milliseconds, ever rising. */
  readonly now?: (() => number) | undefined;
  /** How a request travels, `httpPost` by default. */
  readonly post?: Post | undefined;
}

/** Calls over XML-RPC. OpenNebula may go on with a call that has timed out or was aborted here. */
export function createRpc(options: RpcOptions): Rpc {
  const limiter = new Limiter(MAX_CALLS);
  const limitMs = options.timeoutMs ?? ((method) => TIMEOUTS_MS.get(method) ?? TIMEOUT_MS);

  return {
    call: async (method, params, value, signal) => {
      checkParams(method, params);
      return limiter.run(async () => {
        const start = performance.now();
        let outcome: CallReport["outcome"] = "ok";
        try {
          return await exchange(method, params, value, limitMs(method), signal, options);
        } catch (error) {
          outcome =
            error instanceof RpcFault
              ? "fault"
              : error instanceof RpcTransportError
                ? "transport"
                : "aborted";
          throw error;
        } finally {
          options.onCall?.({ method, milliseconds: performance.now() - start, outcome });
        }
      }, signal);
    },
  };
}

/** oned serves 15 at a time, and 31 silent ones block it for everybody (facts measured with 7.0). */
const MAX_CALLS = 10;

const TIMEOUT_MS = 30_000;

/** allocate measures the file before it answers, which for a large compressed one takes minutes. */
const TIMEOUTS_MS: ReadonlyMap<string, number> = new Map([["one.image.allocate", 600_000]]);

/** A page of a pool is 2 MB. V8 cannot hold a text of more than 512 MiB. */
const MAX_ANSWER_BYTES = 256 * 2 ** 20;

async function exchange<Value>(
  method: string,
  params: readonly Param[],
  value: z.ZodType<Value>,
  limitMs: number,
  signal: AbortSignal,
  options: RpcOptions,
): Promise<Value> {
  const timeout = AbortSignal.timeout(limitMs);
  let session = "";
  try {
    session = await options.session();
    if (isChange(method)) {
      await afterDueTimers(options.now);
    }
    const until = AbortSignal.any([signal, timeout]);
    until.throwIfAborted();
    const reader = new AnswerReader();
    const post = options.post ?? httpPost;
    await post(options.endpoint, encodeCall(method, [session, ...params]), {
      signal: until,
      maxBytes: options.maxAnswerBytes ?? MAX_ANSWER_BYTES,
      onData: (chunk) => reader.write(chunk),
    });
    return openEnvelope(reader.end(), value);
  } catch (error) {
    if (error instanceof Refusal) {
      throw new RpcFault(method, error.code, publicText(error.message, session), error.objectId);
    }
    signal.throwIfAborted();
    const found = timeout.aborted ? `no answer within ${limitMs / 1000} s` : describe(error);
    const message = `${method} at ${options.endpoint.host}: ${publicText(found, session)}`;
    // A cause whose text tells the session would bring it into the log.
    const harmless = conceal(errorText(error), session) === errorText(error);
    const mayComeLate = timeout.aborted && isChange(method);
    throw new RpcTransportError(method, message, {
      mayComeLate,
      ...(harmless ? { cause: error } : {}),
    });
  }
}

/**
 * A process that stood still may not hold its message any more: the timer that says so is due, and comes before one that is set now.
 * A process that stood still in here has set its timer before, so it sets another one.
 */
async function afterDueTimers(now: () => number = () => performance.now()): Promise<void> {
  for (let stoodStill = true; stoodStill;) {
    const start = now();
    await nextTimer();
    stoodStill = now() - start > STOOD_STILL_MS;
  }
}

/** Less than the part of the shortest lease that is left unused (heartbeat.ts): 0.8 s. */
const STOOD_STILL_MS = 500;

/** Whether a method changes something. */
function isChange(method: string): boolean {
  return !/\.(?:info|version)$/.test(method);
}

/** Foreign text goes into log lines and dead letters, so it is kept short. */
function publicText(text: string, session: string): string {
  return conceal(text, session).slice(0, 2000);
}

/** One line. Node's error for a host name with several addresses has no text of its own; sax's has lines of positions. */
function describe(error: unknown): string {
  const text =
    error instanceof AggregateError ? error.errors.map(errorText).join("; ") : errorText(error);
  return text.split("\n", 1).join();
}
