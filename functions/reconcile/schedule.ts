import { errorText } from "../shared/log/error-text.ts";
import type { GiveSign } from "../shared/worker/sign-of-life.ts";
import type { Config } from "../shared/settings/config.ts";
import type { ReconcileDeps } from "./deps.ts";
import { applyPlan, makePlan } from "./handler.ts";
import type { Finding, Plan } from "./plan.ts";

/** What the schedule takes besides. */
export interface ScheduleDeps extends ReconcileDeps {
  readonly config: ReconcileDeps["config"] & Pick<Config, "reconcile" | "reconcileSeconds">;
  readonly sign?: GiveSign;
}

/**
 * Compares every `reconcileSeconds` until `stop`, and says what has changed since the last time. Repairs where the setting says
 * so, but never retires the greater part of the images. A failed round is said, and the next one tries again.
 */
export async function reconcileUntil(deps: ScheduleDeps, stop: AbortSignal): Promise<void> {
  const { clock, config } = deps;
  const say = teller(deps.log);
  for (let pauseSeconds = FIRST_ROUND_SECONDS; ; pauseSeconds = config.reconcileSeconds) {
    deps.sign?.("working", pauseSeconds + ROUND_SECONDS);
    await clock.sleep(pauseSeconds * 1000, stop).catch(() => undefined); // only an abort ends it early
    if (stop.aborted) {
      return;
    }
    if (config.reconcile === "off") {
      continue; // a process that runs nothing else must not end, it would be started again and again
    }
    try {
      await round(deps, say, AbortSignal.any([stop, AbortSignal.timeout(ROUND_SECONDS * 1000)]));
    } catch (error) {
      if (!stop.aborted) {
        say.failed(errorText(error));
      }
    }
  }
}

const FIRST_ROUND_SECONDS = 60; // what was waiting when the process began is on its way by then
const ROUND_SECONDS = 300;

/**
 * After vmcatcher has saved its index the hook still has to run, for half a minute at most; and while vmcatcher runs on, it saves
 * again and again. A scheduled round can wait; an administrator's need not, since a second event of the same change does no harm.
 */
const SETTLED_SECONDS = 600;

async function round(deps: ScheduleDeps, say: Teller, signal: AbortSignal): Promise<void> {
  const made = await makePlan(deps, { massRetirement: false }, signal);
  const age = deps.clock.now().getTime() - Date.parse(made.plan.savedAt);
  if (age < SETTLED_SECONDS * 1000) {
    deps.log.debug({ savedAt: made.plan.savedAt }, "vmcatcher has just saved its index: later");
    return;
  }
  say.found(made.plan);
  if (deps.config.reconcile === "repair") {
    await applyPlan(made, deps);
  }
}

interface Teller {
  found(plan: Plan): void;
  failed(text: string): void;
}

/** Says the same thing once, however often it is found. */
function teller(log: ReconcileDeps["log"]): Teller {
  let said = "";
  const once = (text: string, say: () => void) => {
    if (text !== said) {
      said = text;
      say();
    }
  };
  return {
    found: ({ findings, notChecked, savedAt }) => {
      const pressing = findings.filter((finding) => !isUnderWay(finding));
      const told = pressing.map(({ kind, identifier, what, held, advice }) => ({
        kind,
        identifier,
        what,
        ...(held === undefined ? {} : { held: held.why }),
        ...(advice === undefined ? {} : { advice }),
      }));
      once(JSON.stringify(told), () =>
        told.length === 0
          ? log.info({ savedAt, notChecked }, "OpenNebula holds what vmcatcher endorses")
          : log.warn(
              {
                savedAt,
                notChecked,
                findings: told.slice(0, MOST_TOLD),
                more: Math.max(0, told.length - MOST_TOLD),
              },
              "OpenNebula does not hold what vmcatcher endorses: see vmcatcher-one reconcile plan",
            ),
      );
    },
    failed: (text) =>
      once(text, () =>
        log.warn({ error: text }, "could not compare OpenNebula with vmcatcher, will try again"),
      ),
  };
}

const MOST_TOLD = 20;

function isUnderWay({ kind, held }: Finding): boolean {
  return kind === "awaiting-download" || held?.kind === "under-way";
}
