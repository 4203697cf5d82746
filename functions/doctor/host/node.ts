import { error, ok, type Check } from "../check.ts";

/** The Node.js that runs this, which is the service's when both are started by the same PATH. */
export const node: Check = {
  name: "node",
  looksAt: "the version of Node.js",
  look: async ({ nodeVersion }) =>
    Number.parseInt(nodeVersion, 10) >= LEAST
      ? ok(nodeVersion)
      : error(
          `Node.js is ${nodeVersion}`,
          `install Node.js ${LEAST} or newer, and let PATH of the service find it first`,
        ),
};

const LEAST = 24; // node:sqlite without a flag; `engines` of package.json
