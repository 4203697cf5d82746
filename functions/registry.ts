import type * as z from "zod";
import { messageSchema as captureMessage } from "./capture-metadata/message.ts";
import { messageSchema as convertMessage } from "./convert-image/message.ts";
import { messageSchema as registerMessage } from "./register-image/message.ts";
import { messageSchema as restoreMessage } from "./restore-permissions/message.ts";
import type { Config } from "./shared/settings/config.ts";
import type { Deps } from "./shared/step/deps.ts";
import { GiveUp } from "./shared/step/errors.ts";

/**
 * The chain: each step takes messages from the queue of its own name and passes its result on to `next`.
 * Handlers are loaded on first use, so that a process which runs one function does not load the others.
 */
export const steps = {
  "capture-metadata": step({
    schema: captureMessage,
    load: async () => (await import("./capture-metadata/handler.ts")).handle,
    slots: (config) => config.slots,
    next: "convert-image",
  }),
  "convert-image": step({
    schema: convertMessage,
    load: async () => (await import("./convert-image/handler.ts")).handle,
    slots: (config) => config.convertSlots,
    next: "register-image",
  }),
  "register-image": step({
    schema: registerMessage,
    load: async () => (await import("./register-image/handler.ts")).handle,
    slots: (config) => config.slots,
    next: "restore-permissions",
  }),
  "restore-permissions": step({
    schema: restoreMessage,
    load: async () => (await import("./restore-permissions/handler.ts")).handle,
    slots: (config) => config.slots,
    next: undefined,
  }),
} satisfies Record<string, Step>;

export type StepName = keyof typeof steps;

/** Whether a name is that of a step, which is that of its queue too. */
export function isStepName(name: string): name is StepName {
  return Object.hasOwn(steps, name);
}

/** The queue that a new job is sent to, and a job that starts over. */
export const FIRST_STEP = "capture-metadata" satisfies StepName;

/** A step as the worker sees it. */
export interface Step {
  /** Checks the message and handles it; the result goes to `next`. @throws GiveUp `invalid-message` */
  run(message: unknown, deps: Deps, signal: AbortSignal): Promise<unknown>;
  /** How many messages one process works on at a time. */
  slots(config: Config): number;
  readonly next: string | undefined;
}

function step<Schema extends z.ZodType>(definition: {
  readonly schema: Schema;
  readonly load: () => Promise<
    (message: z.output<Schema>, deps: Deps, signal: AbortSignal) => Promise<unknown>
  >;
  readonly slots: (config: Config) => number;
  readonly next: string | undefined;
}): Step {
  let handler: Awaited<ReturnType<typeof definition.load>> | undefined; // to look the module up again takes longer than a small step
  return {
    slots: definition.slots,
    next: definition.next,
    run: async (message, deps, signal) => {
      const parsed = definition.schema.safeParse(message);
      if (!parsed.success) {
        const problems = parsed.error.issues.map(
          (issue) => `${JSON.stringify(["body", ...issue.path])}: ${issue.message}`,
        );
        throw new GiveUp(
          "invalid-message",
          `the message does not fit its schema: ${problems.join("; ")}`,
          {
            cause: parsed.error,
          },
        );
      }
      handler ??= await definition.load();
      return handler(parsed.data, deps, signal);
    },
  };
}
