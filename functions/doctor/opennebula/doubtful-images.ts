import { warningCodesIn } from "../../job/warning-codes.ts";
import { isDoubt, warningSentence } from "../../shared/disk/warning.ts";
import { STATE, WARNINGS } from "../../shared/lineage/attributes.ts";
import { troublesOr, warning, type Check } from "../check.ts";

/** Live images that may be no disk, or not the one that boots. An OVF that is merely odd is no trouble. */
export const doubtfulImages: Check = {
  name: "doubtful-images",
  looksAt: "images that may be no disk, or not the one that boots",
  look: async ({ answers }) => {
    const live = (await answers.images()).filter(
      ({ attributes }) => attributes.get(STATE) === "live",
    );
    const troubles = live.flatMap(({ id, name, attributes }) =>
      warningCodesIn(attributes.get(WARNINGS) ?? "")
        .filter(isDoubt)
        .map((code) =>
          warning(
            `image ${id} ${name} has the warning ${code}: ${warningSentence(code)}`,
            `start a VM from it; if that works, empty its attribute ${WARNINGS} (oneimage update ${id}), else tell those who endorse it`,
          ),
        ),
    );
    return troublesOr(troubles, `${live.length} live images, none doubtful`);
  },
};
