import { isRetired } from "../../shared/lineage/lineage.ts";
import type { Image } from "../../shared/opennebula/opennebula.ts";
import { troublesOr, warning, type Check, type Verdict } from "../check.ts";

/** Images that OpenNebula could not copy. Enabling one would make it READY without content. */
export const failedImages: Check = {
  name: "failed-images",
  looksAt: "our images in state ERROR",
  look: async ({ answers }) => {
    const failed = (await answers.images()).filter(({ state }) => state === "ERROR");
    return troublesOr(failed.map(verdict), "no image is in state ERROR");
  },
};

function verdict(image: Image): Verdict {
  const { id, name, attributes } = image;
  const why = attributes.get("ERROR") ?? "no reason given";
  if (isRetired(image)) {
    return warning(
      `image ${id} ${name}, which is live no more, is in state ERROR: ${why}`,
      `oneimage delete ${id}: nobody can use it, and nothing is done with it any more`,
    );
  }
  return warning(
    `image ${id} ${name} is in state ERROR: ${why}`,
    `cure the cause, then oneimage delete ${id} (never enable it: it has no content), and replay its dead letter or, if it has none, vmcatcher-one reconcile apply`,
  );
}
