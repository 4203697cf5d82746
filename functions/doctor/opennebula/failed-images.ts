import { troublesOr, warning, type Check } from "../check.ts";

/** Images that OpenNebula could not copy. Enabling one would make it READY without content. */
export const failedImages: Check = {
  name: "failed-images",
  looksAt: "our images in state ERROR",
  look: async ({ answers }) => {
    const failed = (await answers.images()).filter(({ state }) => state === "ERROR");
    return troublesOr(
      failed.map(({ id, name, attributes }) =>
        warning(
          `image ${id} ${name} is in state ERROR: ${attributes.get("ERROR") ?? "no reason given"}`,
          `cure the cause, then oneimage delete ${id} (never enable it: it has no content), and replay its dead letter`,
        ),
      ),
      "no image is in state ERROR",
    );
  },
};
