import { STATE } from "../../shared/lineage/attributes.ts";
import type { Image } from "../../shared/opennebula/opennebula.ts";
import { troublesOr, warning, type Check } from "../check.ts";

/** Images that should have been finished long ago. OpenNebula leaves one LOCKED for ever when oned restarts during the copy. */
export const stuckImages: Check = {
  name: "stuck-images",
  looksAt: "images that are being copied, or have not got their rights, for long",
  look: async ({ answers, config, now }) => {
    const before = now().getTime() / 1000 - config.copyTimeoutSeconds;
    const stuck = (await answers.images()).filter(
      (image) => isUnfinished(image) && image.registeredAt < before,
    );
    return troublesOr(
      stuck.map(({ id, name, state, registeredAt, attributes }) =>
        warning(
          `image ${id} ${name} is ${state} and ${attributes.get(STATE) ?? "unmarked"} since ${new Date(registeredAt * 1000).toISOString()}`,
          `see vmcatcher-one dead-letters, and replay what is there; when nothing is in flight for it, oneimage delete ${id} (--force while it is locked)`,
        ),
      ),
      "no image is unfinished for long",
    );
  },
};

function isUnfinished({ state, attributes }: Image): boolean {
  return attributes.get(STATE) === "pending" || state === "LOCKED";
}
