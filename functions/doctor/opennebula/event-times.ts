import { CONFIRMED, EVENT_TIME } from "../../shared/lineage/attributes.ts";
import { eventTime } from "../../shared/lineage/lineage.ts";
import { error, troublesOr, type Check } from "../check.ts";

/** The newest event wins, so one that a wrong clock dated into the future makes all others until then lose. */
export const eventTimes: Check = {
  name: "event-times",
  looksAt: "events from the future on images",
  look: async ({ answers, now }) => {
    const limit = new Date(now().getTime() + SKEW_MS).toISOString();
    const future = (await answers.images()).filter((image) => eventTime(image) > limit);
    return troublesOr(
      future.map((image) => {
        const { id, name, attributes } = image;
        const wrong = [EVENT_TIME, CONFIRMED].filter(
          (time) => (attributes.get(time) ?? "") > limit,
        );
        return error(
          `image ${id} ${name} carries an event of ${eventTime(image)}, which is in the future: events until then are taken for older ones`,
          `set the clock of vmcatcher's host, then oneimage update ${id} and set ${wrong.join(" and ")} to now, as ${now().toISOString()}`,
        );
      }),
      "no image carries an event from the future",
    );
  },
};

const SKEW_MS = 300_000;
