import type { Deps } from "../shared/deps.ts";
import { errorText, RpcFault } from "../shared/errors.ts";
import { DISABLE } from "../shared/lineage/attributes.ts";
import { isWrongState } from "../shared/opennebula/faults.ts";

/** Sweeps every `sweepSeconds` until `stop`. A failed round is logged and no more: the next one does the same work. */
export async function sweepUntil(deps: Deps, stop: AbortSignal): Promise<void> {
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
    await deps.clock.sleep(deps.config.sweepSeconds * 1000, stop).catch(() => undefined); // only an abort ends it early
  }
}

/**
 * Disables the images that were in use when they should have been disabled and are free now.
 * Nothing announces the end of a VM, so this is asked again and again.
 */
export async function disableFreed(
  deps: Pick<Deps, "opennebula" | "log">,
  signal: AbortSignal,
): Promise<void> {
  for (const image of await deps.opennebula.images(signal)) {
    if (
      image.attributes.get(DISABLE) !== "pending" ||
      (image.state !== "READY" && image.state !== "DISABLED")
    ) {
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
