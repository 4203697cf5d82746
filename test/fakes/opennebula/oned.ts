import { CallLog } from "./call-log.ts";
import { decodeCall, type MethodCall } from "./envelope-decode.ts";
import { encodeReply } from "./envelope-encode.ts";
import { plain, type Reply } from "./envelope-value.ts";
import { Faults, type Fault } from "./faults.ts";
import { METHODS } from "./methods.ts";
import type { Method } from "./call.ts";
import { CODES, OneError, OnedKilled, XmlRpcFault } from "./one-error.ts";
import { Parameters } from "./parameters.ts";
import { authenticate } from "./session.ts";
import { TemplateError } from "./template-error.ts";
import type { World } from "./world.ts";

/** What becomes of a request; the network layer (or a simulation without one) carries it out. */
export type Answer =
  | { readonly kind: "body"; readonly body: string }
  | { readonly kind: "cut body"; readonly body: string }
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "reset" }
  | { readonly kind: "silence" };

/** oned without a network: takes request bodies and says what is answered. Waits by the world's clock only. */
export class Oned {
  readonly world: World;
  readonly calls = new CallLog();
  readonly faults = new Faults();
  readonly #latencyMs: number;
  #requests = 0;

  constructor(world: World, options: { readonly latencyMs: number }) {
    this.world = world;
    this.#latencyMs = options.latencyMs;
  }

  async answer(body: Uint8Array): Promise<Answer> {
    let call: MethodCall;
    try {
      call = decodeCall(body);
    } catch (error) {
      return { kind: "body", body: encodeReply(refusal("", error)) };
    }
    const [session, ...args] = call.params.map(plain);
    const user = typeof session === "string" ? (session.split(":")[0] ?? "") : "";
    this.calls.add({ method: call.method, args, user, at: this.world.clock.now() });
    const fault = this.faults.take(call.method, args);
    const run = this.world.run();
    await this.#wait(this.#latencyMs);
    return this.#withFault(fault, call, async () => this.#dispatch(call, run));
  }

  async #withFault(
    fault: Fault | undefined,
    call: MethodCall,
    dispatch: () => Promise<string | undefined>,
  ): Promise<Answer> {
    switch (fault?.kind) {
      case "hang":
        return { kind: "silence" };
      case "reset":
        return { kind: "reset" };
      case "lose-answer":
        await dispatch();
        return { kind: "reset" };
      case "cut-answer":
        return sent("cut body", await dispatch());
      case "http-status":
        return { kind: "status", status: fault.status };
      case "not-xml":
        return { kind: "body", body: "<html><body>Bad gateway" };
      case "election":
        return { kind: "body", body: encodeReply(refusal(call.method, electionError())) };
      case "error":
        return {
          kind: "body",
          body: encodeReply(
            refusal(call.method, new OneError(fault.code, fault.text, fault.objectId)),
          ),
        };
      case "delay":
        await this.#wait(fault.milliseconds);
        return sent("body", await dispatch());
      case "delay-answer": {
        const body = await dispatch();
        await this.#wait(fault.milliseconds);
        return sent("body", body);
      }
      default:
        return sent("body", await dispatch());
    }
  }

  /** @returns undefined when oned was killed before it could answer */
  async #dispatch({ method, params }: MethodCall, run: number): Promise<string | undefined> {
    if (this.world.run() !== run) {
      return undefined;
    }
    try {
      const known = METHODS.get(method);
      if (known === undefined) {
        throw new XmlRpcFault(-506, `Method '${method}' not defined`);
      }
      const args = new Parameters(params);
      const user = authenticate(this.world, args.string(0));
      refuseWithoutLeader(this.world, known);
      const requestId = this.#requests++;
      const value = await known.handle({ world: this.world, user, args, run, requestId });
      return encodeReply({ kind: "success", value });
    } catch (error) {
      return error instanceof OnedKilled ? undefined : encodeReply(refusal(method, error));
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    if (milliseconds > 0) {
      await new Promise<void>((resolve) => this.world.clock.schedule(milliseconds, resolve));
    }
  }
}

/** @throws what is not an answer of OpenNebula: a mistake in the simulator */
function refusal(method: string, error: unknown): Reply {
  if (error instanceof XmlRpcFault) {
    return { kind: "fault", code: error.code, text: error.message };
  }
  if (error instanceof OneError) {
    return {
      kind: "failure",
      text: `[${method}] ${error.message}`,
      code: error.code,
      objectId: error.objectId,
    };
  }
  if (error instanceof TemplateError) {
    return {
      kind: "failure",
      text: `[${method}] ${error.message}`,
      code: CODES.internal,
      objectId: -1,
    };
  }
  throw error;
}

function refuseWithoutLeader({ zone }: World, { kind }: Method): void {
  if (zone.election && kind !== "read") {
    throw electionError();
  }
  if (zone.disabled && kind === "write") {
    throw new OneError(CODES.internal, "Cannot process request, zone disabled");
  }
}

function electionError(): OneError {
  return new OneError(CODES.internal, "Cannot process request, oned cluster in election mode");
}

function sent(kind: "body" | "cut body", body: string | undefined): Answer {
  return body === undefined ? { kind: "reset" } : { kind, body };
}
