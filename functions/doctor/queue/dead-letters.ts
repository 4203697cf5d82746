import { troublesOr, warning, type Check } from "../check.ts";
import { Unavailable } from "../unavailable.ts";

/** Messages that were given up and wait for a person. */
export const deadLetters: Check = {
  name: "dead-letters",
  looksAt: "messages that were given up",
  look: async ({ answers }) => {
    const { depths } = await answers.queues().catch((cause: unknown) => {
      throw new Unavailable("the queues cannot be asked", "see the check queues", { cause });
    });
    return troublesOr(
      depths
        .filter(({ dead }) => dead > 0)
        .map(({ name, dead }) =>
          warning(
            `${name} has given up ${dead} ${dead === 1 ? "message" : "messages"}`,
            "see the reasons with vmcatcher-one dead-letters; cure them, then vmcatcher-one replay ID, or --all",
          ),
        ),
      "there are none",
    );
  },
};
