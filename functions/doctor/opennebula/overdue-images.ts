import { EXPIRY_UNKNOWN_SINCE, STALE_SINCE, STATE } from "../../shared/lineage/attributes.ts";
import { troublesOr, warning, type Check } from "../check.ts";

/** Live images about which vmcatcher has left us waiting. */
export const overdueImages: Check = {
  name: "overdue-images",
  looksAt: "images whose successor does not come, or whose subscription is unknown",
  look: async ({ answers, now }) => {
    const patience = new Date(now().getTime() - LONG_MS).toISOString();
    const live = (await answers.images()).filter(
      ({ attributes }) => attributes.get(STATE) === "live",
    );
    const troubles = live.flatMap(({ id, name, attributes }) => {
      const stale = attributes.get(STALE_SINCE);
      const unknown = attributes.get(EXPIRY_UNKNOWN_SINCE);
      return [
        stale === undefined || stale > patience
          ? []
          : warning(
              `image ${id} ${name}: vmcatcher announced a newer version at ${stale} and never delivered it`,
              "look into vmcatcher's log: its download fails, and it gives up after five tries for each list",
            ),
        unknown === undefined
          ? []
          : warning(
              `image ${id} ${name}: vmcatcher let it expire at ${unknown}, and could not say whether it is still subscribed; it is kept`,
              `see vmcatcher_image -l: with 3 behind ${name} all is well, otherwise retire the image by hand`,
            ),
      ].flat();
    });
    return troublesOr(troubles, `${live.length} live images, none overdue`);
  },
};

const LONG_MS = 24 * 3_600_000; // vmcatcher runs a few times a day
