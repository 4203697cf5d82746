import type { Config } from "../shared/settings/config.ts";
import type { RunnableStep } from "../shared/worker/step.ts";

/** The chain that is rehearsed. */
export interface Chain {
  /** The registry's, by name. */
  readonly steps: Readonly<Record<string, Pick<RunnableStep, "run" | "next">>>;
  /** The one that takes a new job, and a job that starts over. */
  readonly firstStep: string;
  /** Steps that would write files, by name: what each would pass on is foreseen. */
  readonly foreseen: Readonly<Record<string, Foresee>>;
}

/** Says what a step would pass on. @throws what the step throws */
type Foresee = (
  message: unknown,
  given: {
    readonly config: Config;
    /** Read the whole image. */
    readonly full: boolean;
    /** Told whether the image would be taken, and of what that was seen. */
    readonly tell: (answer: "yes" | "no", text: string) => void;
    /** Told of a file that is there, and of the one that would be made and named in its stead. */
    readonly standsFor: (existing: string, path: string) => void;
  },
  signal: AbortSignal,
) => Promise<unknown>;
