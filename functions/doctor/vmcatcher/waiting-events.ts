import { join } from "node:path";
import { namesIn } from "../../shared/files/names-in.ts";
import { error, ok, type Check } from "../check.ts";

/** Whether events are taken from the spool. */
export const waitingEvents: Check = {
  name: "waiting-events",
  looksAt: "the age of the oldest event in the spool",
  look: async ({ config, now }) => {
    const names = await namesIn(join(config.spoolDirectory, "new"));
    const oldest = Number(/^(\d+)\./.exec(names[0] ?? "")?.[1] ?? Number.NaN);
    const minutes = Math.floor((now().getTime() / 1000 - oldest) / 60);
    return minutes < LONG_MINUTES || names.length === 0
      ? ok(`${names.length} events wait`)
      : error(
          `${names.length} events wait in the spool, the oldest since ${minutes} minutes`,
          "start enqueue-event (vmcatcher-one run), or look into its log: the queue may be unreachable; nothing is lost meanwhile",
        );
  },
};

const LONG_MINUTES = 10; // an event waits for seconds
