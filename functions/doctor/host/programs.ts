import { packageOf } from "../../shared/disk/cage.ts";
import { findInPath } from "../../shared/files/program-path.ts";
import { error, troublesOr, type Check } from "../check.ts";

/** The small programs around a conversion. */
export const programs: Check = {
  name: "programs",
  looksAt: "setpriv, prlimit, xz and bzip2",
  look: async ({ env }) => {
    const missing: string[] = [];
    for (const name of NEEDED) {
      if ((await findInPath(name, env["PATH"] ?? "")) === undefined) {
        missing.push(name);
      }
    }
    return troublesOr(
      missing.map((name) =>
        error(`${name} is not in PATH: images wait for it`, `install ${packageOf(name)}`),
      ),
      `${NEEDED.join(", ")} are in PATH`,
    );
  },
};

const NEEDED = ["setpriv", "prlimit", "xz", "bzip2"];
