import { ALL_FUNCTIONS } from "../../functions/cli/beside.ts";
import { runFunctions } from "../../functions/cli/run.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { silentLog } from "../../functions/shared/log/log.ts";
import { giveToUser } from "../fakes/rights.ts";
import { createSite } from "../fakes/site.ts";
import { spread } from "./measure.ts";
import type { Finding } from "./results.ts";

/** One update of a 4 MiB RAW image, from the hook to restored rights, OpenNebula copying for 0.3 s. */
export async function* benchUpdate(): AsyncGenerator<Finding> {
  const site = await createSite({ simulator: { copySeconds: COPY_SECONDS } });
  const stop = new AbortController();
  const running = runFunctions(ALL_FUNCTIONS, site.config, silentLog, stop.signal);
  try {
    let previous = -1;
    const arrival = async () => {
      const images = await site.until("the new version is live", (all) =>
        all.some(
          ({ id, name, attributes }) =>
            id > previous && name === IDENTIFIER && attributes.get(STATE) === "live",
        ),
      );
      return images.find(({ name }) => name === IDENTIFIER)?.id ?? previous;
    };
    await site.endorseRaw(IDENTIFIER, "0");
    await site.vmcatcher.run();
    previous = await arrival();
    await giveToUser(site, previous);

    const times: number[] = [];
    let calls = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      await site.endorseRaw(IDENTIFIER, String(round));
      site.simulator.resetCalls();
      const start = performance.now();
      await site.vmcatcher.run(); // all six events of an update, one hook each
      previous = await arrival();
      times.push(performance.now() - start);
      calls = site.simulator.calls().filter(({ method }) => method !== "one.imagepool.info").length;
    }
    const { min, median, max } = spread(times);
    yield {
      what: "update of a 4 MiB RAW image, vmcatcher's run to restored rights",
      value: `${median.toFixed(0)} ms (${min.toFixed(0)}-${max.toFixed(0)})`,
      comparedWith: `floor: OpenNebula's copy ${COPY_SECONDS * 1000} ms, ${(median / COPY_SECONDS / 1000).toFixed(1)} x; predecessor, measured elsewhere: 4500-5000 ms`,
      figures: { medianMs: median, floorMs: COPY_SECONDS * 1000 },
    };
    yield {
      what: "OpenNebula calls of one update, besides reading the pool",
      value: String(calls),
      comparedWith: "",
      figures: { calls },
    };
  } finally {
    stop.abort(new Error("measured"));
    await running;
    await site.close();
  }
}

const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
const COPY_SECONDS = 0.3;
const ROUNDS = 7;
