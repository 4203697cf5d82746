import { IDENTIFIER } from "../../job/identifier.ts";
import { STATE } from "../../shared/lineage/attributes.ts";
import { error, troublesOr, type Check } from "../check.ts";

/** Two live images of one identifier: which one's rights count is for a person to say. */
export const duplicateImages: Check = {
  name: "duplicate-images",
  looksAt: "identifiers with more than one live image",
  look: async ({ answers }) => {
    const live = (await answers.images()).filter(
      ({ name, attributes }) =>
        name === attributes.get(IDENTIFIER) || attributes.get(STATE) === "live",
    );
    const groups = Map.groupBy(live, ({ attributes }) => attributes.get(IDENTIFIER) ?? "");
    const troubles = [...groups].flatMap(([identifier, images]) =>
      images.length < 2
        ? []
        : error(
            `${identifier} has ${images.length} live images: ${images.map(({ id, uname, name }) => `${id} of ${uname} (${name})`).join(", ")}`,
            "rename or delete all but one (oneimage rename ID NAME), then vmcatcher-one replay --all",
          ),
    );
    return troublesOr(troubles, `${groups.size} identifiers have one live image each`);
  },
};
