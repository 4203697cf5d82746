import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import type { AvailableJob } from "../job/job.ts";
import type { Deps } from "../shared/step/deps.ts";
import { stagedPaths, type Progress } from "../shared/staging/staging.ts";

/**
 * Tells the operator how far a conversion is, in a file of staging that `vmcatcher-one status` reads. A failure to write or remove it
 * is logged and does not concern the work.
 */
export class ProgressFile implements AsyncDisposable {
  readonly #deps: Needed;
  readonly #path: string;
  readonly #partial: string;
  readonly #fixed: Omit<Progress, "step" | "percent" | "stepStartedAt" | "updatedAt">;
  #step: { readonly name: string; readonly startedAt: string } | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> | undefined;

  /** Writes the first state at once. */
  static async create(deps: Needed, job: AvailableJob, bytes: number): Promise<ProgressFile> {
    const file = new ProgressFile(deps, job, bytes);
    file.report("inspected")(0);
    await file.#writing;
    return file;
  }

  private constructor(deps: Needed, { id, identifier, title }: AvailableJob, bytes: number) {
    const paths = stagedPaths(deps.config.stagingDirectory, id);
    this.#deps = deps;
    this.#path = paths.progress;
    this.#partial = paths.partial(randomBytes(8).toString("hex"));
    const startedAt = deps.clock.now().toISOString();
    this.#fixed = {
      jobId: id,
      identifier,
      ...(title === undefined ? {} : { title }),
      bytes,
      startedAt,
    };
  }

  /** @returns what takes the percentage of a step; it writes at most once a second and waits for nothing */
  report(step: string): (percent: number) => void {
    return (percent) => {
      const now = this.#deps.clock.now();
      if (this.#step?.name !== step) {
        this.#step = { name: step, startedAt: now.toISOString() };
      }
      if (this.#writing === undefined && now.getTime() - this.#writtenAt >= INTERVAL_MS) {
        this.#writtenAt = now.getTime();
        this.#writing = this.#write({
          ...this.#fixed,
          step,
          percent,
          stepStartedAt: this.#step.startedAt,
          updatedAt: now.toISOString(),
        });
      }
    };
  }

  /** Removes the file; if that fails, the last step of the job does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#remove(this.#path);
  }

  async #write(progress: Progress): Promise<void> {
    try {
      await writeFile(this.#partial, JSON.stringify(progress), { flag: "wx" });
      await rename(this.#partial, this.#path);
    } catch (error) {
      this.#deps.log.debug({ err: error }, "progress cannot be written");
      await this.#remove(this.#partial);
    } finally {
      this.#writing = undefined;
    }
  }

  async #remove(path: string): Promise<void> {
    try {
      await rm(path, { force: true });
    } catch (error) {
      this.#deps.log.debug({ err: error, path }, "progress cannot be removed");
    }
  }
}

type Needed = Pick<Deps, "config" | "clock" | "log">;

const INTERVAL_MS = 1000;
