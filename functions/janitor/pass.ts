import type { Deps } from "../shared/step/deps.ts";
import { errorText } from "../shared/log/error-text.ts";
import { RpcTransportError } from "../shared/opennebula/rpc-errors.ts";
import type { LeftoverKind } from "../shared/staging/leftover-kinds.ts";
import type { GiveSign } from "../shared/worker/sign-of-life.ts";
import { CannotTell, type JobQueues } from "./closed-queues.ts";
import type { Leftover } from "./leftover.ts";
import { pendingImages } from "./pending-images.ts";
import { stagedFiles } from "./staged-files.ts";
import { findJobs, type WhyNeeded } from "./whereabouts.ts";

/** What a pass takes. */
export interface PassDeps extends Deps {
  readonly queues: JobQueues;
  /** The steps, in the order of the chain. */
  readonly steps: readonly string[];
  /** Look and tell, but remove nothing. */
  readonly dryRun?: boolean;
  readonly sign?: GiveSign;
  /** Told of each thing that was removed. */
  readonly onRemoved?: ((kind: LeftoverKind) => void) | undefined;
}

/** What a pass has found. */
export interface PassReport {
  /** What is gone now; in a dry run, what would be. */
  readonly removed: readonly Found[];
  readonly kept: readonly (Found & { readonly reason: string })[];
  /** What could not be looked at or removed, and why. */
  readonly failures: readonly string[];
}

/** One thing that a job has left behind, or may still need. */
type Found = Pick<Leftover, "kind" | "name">;

/**
 * Removes what jobs that are over have left: pins, staged disks, unfinished files, progress files, and images that never took
 * their identifier's NAME.
 *
 * The rule is in whereabouts.ts: first everything that belongs to jobs is listed, then all jobs are looked for, and what
 * belongs to none of them goes. It can run at any time and several times at once; what could not be done now is done by a later
 * pass, and in doubt a thing stays.
 *
 * What is younger than a day stays as well. The proof does not rest on that, since clocks can be wrong. It is for what the proof
 * takes for granted: that all hosts see the same in a shared directory, that a broker has forgotten no message, that no other
 * installation works with the same account of OpenNebula.
 * @throws the signal's reason, nothing else
 */
export async function janitorPass(given: PassDeps, signal: AbortSignal): Promise<PassReport> {
  const { log, dryRun = false, onRemoved } = given;
  const round = new Round(given, signal);
  const removed: Found[] = [];
  const kept: PassReport["kept"][number][] = [];

  const found = await round.find();
  const whyNeeded = await round.findJobs(found);
  for (const leftover of found) {
    const { kind, name, owner } = leftover;
    const reason =
      round.whyLeftAlone(leftover) ??
      whyNeeded(owner) ??
      (dryRun ? undefined : await round.remove(leftover));
    if (reason !== undefined) {
      kept.push({ kind, name, reason });
      log.debug({ kind, name, ...owner, reason }, "kept");
      continue;
    }
    removed.push({ kind, name });
    if (!dryRun) {
      onRemoved?.(kind);
      log.info({ kind, name, ...owner }, "removed: its job is over");
    }
  }
  if (round.failures.length > 0) {
    log.warn(
      { failures: round.failures.slice(0, FAILURES_LOGGED), count: round.failures.length },
      "what jobs have left could not all be looked at or removed, will try again",
    );
  }
  return { removed, kept, failures: round.failures };
}

const FAILURES_LOGGED = 10;
const LEFT_ALONE_MS = 86_400_000;

/** Longer than any single thing takes: a few calls of OpenNebula or of a queue, the removal of a huge file. */
const LONGEST_SECONDS = 600;

/** The parts of a pass. One that fails does not keep the others from being done. */
class Round {
  readonly failures: string[] = [];
  readonly #given: PassDeps;
  readonly #signal: AbortSignal;
  #openNebulaIsAway: string | undefined;

  constructor(given: PassDeps, signal: AbortSignal) {
    this.#given = given;
    this.#signal = signal;
  }

  /** Everything that belongs to jobs. */
  async find(): Promise<readonly Leftover[]> {
    const staged = await this.#try("staging", () => stagedFiles(this.#given));
    const pending = await this.#try("images", () => pendingImages(this.#given, this.#signal));
    return [staged, pending].flatMap((list) => ("failure" in list ? [] : list.value));
  }

  /** Looks for all jobs, when that can make a difference. */
  async findJobs(found: readonly Leftover[]): Promise<WhyNeeded> {
    if (found.every((leftover) => this.whyLeftAlone(leftover) !== undefined)) {
      return () => undefined;
    }
    const alive = () => this.#alive();
    const jobs = await this.#try("jobs", () => findJobs({ ...this.#given, alive }, this.#signal));
    return "failure" in jobs ? () => jobs.failure : jobs.value;
  }

  /** Why a thing stays whatever became of its job. One that was touched in the future is young, too. */
  whyLeftAlone({ touchedAt, hindrance }: Leftover): string | undefined {
    const age = this.#given.clock.now().getTime() - touchedAt;
    return hindrance ?? (age > LEFT_ALONE_MS ? undefined : "it is younger than a day");
  }

  /** @returns why it stays, undefined when it is gone */
  async remove(leftover: Leftover): Promise<string | undefined> {
    if (leftover.kind === "pending-image" && this.#openNebulaIsAway !== undefined) {
      return this.#openNebulaIsAway;
    }
    const removal = await this.#try(leftover.name, () => leftover.remove(this.#signal));
    return "failure" in removal ? removal.failure : removal.value;
  }

  async #try<T>(
    what: string,
    work: () => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly failure: string }> {
    this.#signal.throwIfAborted();
    this.#alive();
    try {
      return { value: await work() };
    } catch (error) {
      this.#signal.throwIfAborted();
      const failure = errorText(error);
      if (!(error instanceof CannotTell)) {
        this.failures.push(`${what}: ${failure}`);
      }
      if (error instanceof RpcTransportError) {
        this.#openNebulaIsAway = failure;
      }
      return { failure };
    }
  }

  #alive(): void {
    this.#given.sign?.("working", LONGEST_SECONDS);
  }
}
