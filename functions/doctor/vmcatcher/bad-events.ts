import { BAD_EVENT_ADVICE } from "../../shared/spool/bad-event-advice.ts";
import { listSpool } from "../../shared/spool/listing.ts";
import { troublesOr, warning, type Check } from "../check.ts";

/** Events that could not be understood. */
export const badEvents: Check = {
  name: "bad-events",
  looksAt: "what was set aside in spool/bad",
  look: async ({ config }) => {
    const { bad } = await listSpool(config.spoolDirectory);
    return troublesOr(
      bad.map(({ name, reason }) =>
        warning(
          `${config.spoolDirectory}/bad/${name}: ${reason.split("\n", 1).join()}`,
          `${BAD_EVENT_ADVICE}; then remove it and the reason beside it`,
        ),
      ),
      "no event was set aside",
    );
  },
};
