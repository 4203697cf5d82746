import { error, troublesOr, type Check } from "../check.ts";

/** Settings that would keep every command from starting; all of them, and the doctor goes on. */
export const settings: Check = {
  name: "settings",
  looksAt: "the settings in the environment",
  look: async ({ settingProblems }) =>
    troublesOr(
      settingProblems.map((problem) =>
        error(
          problem,
          "correct or unset it (infra/operate/settings.md lists all settings); until then the other checks look at its default",
        ),
      ),
      "the environment has no wrong setting",
    ),
};
