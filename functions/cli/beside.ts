import { watchSpool } from "../enqueue-event/watch.ts";
import { cleanUntil } from "../janitor/loop.ts";
import { steps, type StepName } from "../registry.ts";
import { reconcileUntil } from "../reconcile/schedule.ts";
import { sweepUntil } from "../restore-permissions/sweep.ts";
import { errorText } from "../shared/log/error-text.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { recordQueue } from "../shared/queue/queue-record.ts";
import type { ApartTask, ExtraTask } from "./run-steps.ts";
import { withSigns } from "../shared/worker/sign-of-life.ts";
import { reconcileDeps } from "./reconcile-deps.ts";

export const ENQUEUE = "enqueue-event";
const RESTORE = "restore-permissions" satisfies StepName;
const JANITOR = "janitor";
const RECONCILE = "reconcile";
const CONSOLE = "console";

/**
 * What runs beside the workers in a process that runs the function of that name. What opens queues of its own closes them at its end:
 * those of the workers are waited for when they are down.
 */
export const BESIDE: Readonly<Record<string, ExtraTask>> = {
  [ENQUEUE]: async ({ firstQueue, deps, observer, signal }) => {
    const log = deps.log.child({ function: ENQUEUE });
    await recordQueue(deps.config).catch((error: unknown) =>
      log.warn({ error: errorText(error) }, "cannot note which queue the events go to"),
    );
    await withSigns({ observer, function: ENQUEUE, slot: 0 }, (sign) =>
      watchSpool(
        deps.config,
        { queue: firstQueue, endorsement: deps.endorsement, log, sign },
        signal,
      ),
    );
  },

  [RESTORE]: ({ deps, observer, signal }) => {
    const slot = steps[RESTORE].slots(deps.config); // the one after those that work on messages
    const log = deps.log.child({ function: RESTORE });
    return withSigns({ observer, function: RESTORE, slot }, (sign) =>
      sweepUntil({ ...deps, log, sign }, signal),
    );
  },

  [JANITOR]: ({ deps, queues, observer, signal }) => {
    const log = deps.log.child({ function: JANITOR });
    const names = Object.keys(steps);
    return withSigns({ observer, function: JANITOR, slot: 0 }, (sign) =>
      cleanUntil(
        { ...deps, log, queues, steps: names, sign, onRemoved: observer.onRemoved },
        signal,
      ),
    );
  },

  [RECONCILE]: ({ deps, observer, signal }) => {
    const log = deps.log.child({ function: RECONCILE });
    return withSigns({ observer, function: RECONCILE, slot: 0 }, async (sign) => {
      await using queues = openQueues(deps.config);
      await reconcileUntil({ ...reconcileDeps({ ...deps, log }, queues), sign }, signal);
    });
  },
};

/** The same for what needs no queue to begin: the page shows that the queue is down. */
export const APART: Readonly<Record<string, ApartTask>> = {
  [CONSOLE]: ({ deps, observer, signal }) =>
    withSigns({ observer, function: CONSOLE, slot: 0 }, async (sign) => {
      const { runConsole } = await import("../console/console.ts"); // the other functions need no web server
      const log = deps.log.child({ function: CONSOLE });
      const queueNames = Object.keys(steps);
      await using queues = openQueues(deps.config);
      await runConsole({ deps: { ...deps, log }, queues, queueNames, sign }, signal);
    }),
};

/** Every function: the chain in its order, those that go round beside it, and the one that looks at it. */
export const ALL_FUNCTIONS = [ENQUEUE, ...Object.keys(steps), JANITOR, RECONCILE, CONSOLE];
