import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { jobSchema, type Job } from "../job/job.ts";
import { settledSchema } from "../job/outcome.ts";
import { systemClock, type Clock } from "../shared/time/clock.ts";
import type { Endorsement } from "../shared/endorsement/endorsement.ts";
import type { Config } from "../shared/settings/config.ts";
import { GiveUp, RetryLater } from "../shared/step/errors.ts";
import { RpcTransportError } from "../shared/opennebula/rpc-errors.ts";
import { silentLog } from "../shared/log/log.ts";
import type { OpenNebula } from "../shared/opennebula/opennebula.ts";
import { readEnvelope, restartedBody } from "../shared/worker/envelope.ts";
import { outcomeOf, type Outcome } from "../shared/worker/outcome.ts";
import type { Chain } from "./chain.ts";
import { guardVerdicts, type Verdict } from "./guard-verdicts.ts";
import { reasonOf } from "./reasons.ts";
import type { RecordedCall } from "./recorded-call.ts";
import { recordingOpenNebula } from "./recording-opennebula.ts";

/** What would become of a message. */
export interface Rehearsal {
  /** Absent when the message holds none that can be understood. */
  readonly job?: Job | undefined;
  readonly verdicts: readonly Verdict[];
  /** All that would change something in OpenNebula, in order. */
  readonly calls: readonly RecordedCall[];
  readonly end: RehearsedEnd;
}

/** How it would end. */
interface RehearsedEnd {
  /**
   * As register-image ends (`registered`, `unchanged`, `superseded`, `expired`, `kept`, `nothing-to-expire`); `dead` for a dead
   * letter, `retry`; `set-aside` for an event that never becomes a job.
   */
  readonly outcome: string;
  /** Where it ends otherwise than well: the function, and what the dead letter or the log would say. */
  readonly function?: string;
  readonly code?: string;
  readonly text?: string;
}

/** What is to be rehearsed with. */
export interface RehearsalOptions {
  readonly chain: Chain;
  readonly config: Config;
  readonly opennebula: OpenNebula;
  readonly endorsement: Endorsement;
  /** Read the whole image. */
  readonly full: boolean;
}

/**
 * Runs the real functions from `first` on over a recording OpenNebula; the conversion alone is foreseen instead of done.
 * Nothing is written, sent or removed.
 * @throws RpcTransportError when OpenNebula cannot be asked
 */
export async function rehearse(
  first: string,
  message: unknown,
  { chain, config, opennebula, endorsement, full }: RehearsalOptions,
  signal: AbortSignal,
): Promise<Rehearsal> {
  const job = z.object({ job: jobSchema }).safeParse(message).data?.job;
  const calls: RecordedCall[] = [];
  const verdicts: Verdict[] = [];
  const paths = new Map<string, string>();
  const recording = await recordingOpenNebula(
    opennebula,
    (call, before) => {
      const path = paths.get(String(call.arguments["path"]));
      calls.push({
        function: stage.step,
        ...call,
        arguments: path === undefined ? call.arguments : { ...call.arguments, path },
        why: reasonOf(call, before, job?.identifier ?? ""),
      });
    },
    signal,
  );
  if (job !== undefined) {
    verdicts.push(
      ...(await guardVerdicts(
        job,
        await recording.images(signal),
        { config, endorsement },
        signal,
      )),
    );
  }
  // Below its staging directory the last function removes what a job has left: here there is nothing.
  const nowhere = join(tmpdir(), `vmcatcher-one-explain-${randomUUID()}`);
  const deps = {
    // Nor into a datastore: what is there is told as a copy.
    config: { ...config, stagingDirectory: nowhere, datastoreLocation: undefined },
    opennebula: recording,
    endorsement,
    clock: impatientClock,
    log: silentLog,
  };
  const foresight = {
    config,
    full,
    tell: (answer: "yes" | "no", text: string) =>
      verdicts.push({ question: "image", answer, text }),
    standsFor: (existing: string, path: string) => paths.set(existing, path),
  };
  const stage: Stage = {
    step: first,
    run: (step, given) =>
      chain.foreseen[step]?.(given, foresight, signal) ??
      stepOf(chain, step).run(given, deps, signal),
  };
  const end = await play(chain, stage, message);
  return { job, verdicts, calls, end };
}

/** What waits for OpenNebula, or for another job, would wait in vain: nothing changes in a rehearsal but by its own calls. */
const impatientClock: Clock = {
  ...systemClock,
  sleep: async (milliseconds, signal) => {
    if (milliseconds > LONGEST_PAUSE_MS) {
      throw new RetryLater("it would wait here until OpenNebula or another job has ended its work");
    }
    await systemClock.sleep(milliseconds, signal);
  },
};
/** More than a recorded copy takes until it is READY, less than any wait for somebody else. */
const LONGEST_PAUSE_MS = 800;

/** Where a rehearsal is, and how it goes on. */
interface Stage {
  step: string;
  run(step: string, message: unknown): Promise<unknown>;
}

/** From function to function, to the end or to the failure that ends it. */
async function play(chain: Chain, stage: Stage, first: unknown): Promise<RehearsedEnd> {
  let message = first;
  let outcome = "done";
  for (let restarts = 0; ;) {
    try {
      message = await stage.run(stage.step, message);
    } catch (error) {
      if (error instanceof RpcTransportError) {
        throw error;
      }
      const end = outcomeOf(error, { attempt: 1, restarts, random: () => 0 });
      const restarted = end.kind === "start_over" ? restart(message) : undefined;
      if (restarted === undefined) {
        return { ...failureOf(end), function: stage.step };
      }
      message = restarted;
      stage.step = chain.firstStep;
      restarts += 1;
      continue;
    }
    outcome = settledSchema.safeParse(message).data?.outcome.kind ?? outcome;
    const { next } = stepOf(chain, stage.step);
    if (next === undefined) {
      return { outcome };
    }
    stage.step = next;
  }
}

function stepOf({ steps }: Chain, name: string) {
  const step = steps[name];
  if (step === undefined) {
    throw new Error(`there is no step ${name}`);
  }
  return step;
}

/** The message of a job that starts over. */
function restart(message: unknown): unknown {
  const envelope = readEnvelope(JSON.stringify(message));
  return envelope instanceof GiveUp || envelope.job === undefined
    ? undefined
    : JSON.parse(restartedBody(envelope.job));
}

function failureOf(end: Outcome): RehearsedEnd {
  return {
    outcome: end.kind,
    ...("code" in end ? { code: end.code } : {}),
    ...("text" in end ? { text: end.text } : {}),
  };
}
