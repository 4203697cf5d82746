import type { Deps } from "../shared/step/deps.ts";
import { errorText } from "../shared/log/error-text.ts";
import { RpcFault } from "../shared/opennebula/rpc-errors.ts";
import { DISABLE } from "../shared/lineage/attributes.ts";
import { isWrongState } from "../shared/opennebula/faults.ts";
import type { GiveSign } from "../shared/worker/sign-of-life.ts";

/** What sweeping takes. */
interface SweepDeps extends Deps {
  readonly sign?: GiveSign;
}

/** Sweeps every `sweepSeconds` until `stop`. A failed round is logged and no more: the next one does the same work. */
export async function sweepUntil(deps: SweepDeps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      await disableFreed(deps, stop);
    } catch (error) {
      if (!stop.aborted) {
        deps.log.warn(
          { reason: errorText(error) },
          "could not disable the images that are free again, will try again",
        );
      }
    }
    deps.sign?.("waiting", deps.config.sweepSeconds + CALLS_SECONDS);
    await deps.clock.sleep(deps.config.sweepSeconds * 1000, stop).catch(() => undefined); // only an abort ends it early
  }
}

/**
 * Disables the images that were in use when they should have been disabled and are free now. One that has come to ERROR meanwhile
 * has nothing to wait for: it loses its note.
 * Nothing announces the end of a VM, so this is asked again and again.
 */
export async function disableFreed(
  deps: Pick<SweepDeps, "opennebula" | "log" | "sign">,
  signal: AbortSignal,
): Promise<void> {
  deps.sign?.("working", CALLS_SECONDS);
  for (const image of await deps.opennebula.images(signal)) {
    if (image.attributes.get(DISABLE) !== "pending" || !OVER.has(image.state)) {
      continue;
    }
    deps.sign?.("working", CALLS_SECONDS);
    if (image.state === "ERROR") {
      await deps.opennebula.append(image.id, new Map([[DISABLE, ""]]), signal);
      deps.log.warn(
        { imageId: image.id, name: image.name },
        "in state ERROR: nobody can use it, so it is not disabled, which would hide that",
      );
      continue;
    }
    try {
      await deps.opennebula.enable(image.id, false, signal);
      await deps.opennebula.append(image.id, new Map([[DISABLE, ""]]), signal);
      deps.log.info({ imageId: image.id, name: image.name }, "free at last: disabled");
    } catch (error) {
      if (!(error instanceof RpcFault && isWrongState(error))) {
        throw error; // in use again: the next round will see
      }
    }
  }
}

/** States in which no VM uses an image, nor ever will without somebody's doing. */
const OVER: ReadonlySet<string> = new Set(["READY", "DISABLED", "ERROR"]);

/** Longer than a pool in pages, or the two calls that disable an image, take with an OpenNebula that answers late (30 s a call). */
const CALLS_SECONDS = 600;
