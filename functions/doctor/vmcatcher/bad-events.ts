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
          "cure the cause, then move the entry to spool/new, or delete it and what lies beside it",
        ),
      ),
      "no event was set aside",
    );
  },
};
