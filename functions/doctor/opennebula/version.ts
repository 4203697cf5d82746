import { SEE_OPENNEBULA } from "../answers.ts";
import { error, ok, warning, type Check } from "../check.ts";
import { Unavailable } from "../unavailable.ts";

/** The version of OpenNebula against those whose behaviour is known. */
export const version: Check = {
  name: "opennebula-version",
  looksAt: "the version of OpenNebula",
  look: async ({ answers }) => {
    const text = await answers.version().catch((cause: unknown) => {
      throw new Unavailable("OpenNebula cannot be asked", SEE_OPENNEBULA, { cause });
    });
    const [major = Number.NaN, minor = Number.NaN] = text.split(".").map(Number);
    const number = major * 1000 + minor;
    if (number >= TESTED.from && number <= TESTED.to) {
      return ok(text);
    }
    return number >= OLDEST
      ? warning(
          `OpenNebula is ${text}; tested are 6.10 to 7.4`,
          "try an update of an image that nobody uses first, or upgrade OpenNebula",
        )
      : error(`OpenNebula is ${text}`, "upgrade it to 5.12 or newer, better 6.10");
  },
};

const TESTED = { from: 6010, to: 7004 };
const OLDEST = 5012; // older ones answer in another form
