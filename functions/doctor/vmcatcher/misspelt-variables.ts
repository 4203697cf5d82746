import { correctedName } from "../../shared/settings/misspelt.ts";
import { settingsSchema } from "../../shared/settings/settings-schema.ts";
import { error, troublesOr, type Check, type Verdict } from "../check.ts";
import { vmcatcherJobs } from "../vmcatcher-side.ts";

/** Variables in cron files that vmcatcher and the hook ignore without a word. Those of the environment are `settings`. */
export const misspeltVariables: Check = {
  name: "misspelt-variables",
  looksAt: "the names of variables where cron runs vmcatcher_cache",
  look: async (site) => {
    const jobs = await vmcatcherJobs(site);
    const troubles = jobs.flatMap(({ file, variables }) =>
      [...variables.keys()].flatMap((name): Verdict | readonly [] => {
        const right = correctedName(name);
        if (right !== undefined) {
          return error(`${file}: ${name} is misspelt, nobody reads it`, `write ${right}`);
        }
        return name.startsWith("VMCATCHER_ONE_") && !Object.hasOwn(settingsSchema.shape, name)
          ? error(
              `${file}: ${name}: no such setting`,
              "see the settings in infra/operate/settings.md",
            )
          : [];
      }),
    );
    return troublesOr(troubles, `${jobs.map(({ file }) => file).join(", ")}: none is misspelt`);
  },
};
