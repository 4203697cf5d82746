import { parseEnv } from "node:util";
import { correctedName } from "../../shared/settings/misspelt.ts";
import { readRegularFile } from "../../shared/files/regular-file.ts";
import { unlessMissing } from "../../shared/files/unless-missing.ts";
import { error, troublesOr, unchecked, warning, type Check } from "../check.ts";

/** Whether we look at the settings that the service has. Values are never told: secrets are among them. */
export const settingsFile: Check = {
  name: "settings-file",
  looksAt: "the service's file of settings",
  look: async ({ env, places: { envFile } }, signal) => {
    const read = await unlessMissing(readRegularFile(envFile, MAX_BYTES, signal));
    if (read === undefined) {
      return unchecked(
        `there is no ${envFile}`,
        "when the service has another one: --env-file FILE",
      );
    }
    const inFile = Object.entries(parseEnv(read.toString("utf8")));
    const misspelt = inFile.flatMap(([name]) => {
      const right = correctedName(name);
      return right === undefined ? [] : error(`${envFile}: ${name} is misspelt`, `write ${right}`);
    });
    const other = inFile.filter(([name, value]) => OURS.test(name) && (env[name] ?? "") !== value);
    const differing =
      other.length === 0
        ? []
        : warning(
            `the service has other settings than this command: ${other.map(([name]) => name).join(", ")}`,
            `run it with those: sh -ac '. ${envFile}; exec vmcatcher-one doctor'`,
          );
    return troublesOr([...misspelt, differing].flat(), `${envFile} says what the environment says`);
  },
};

const OURS = /^(?:VMCATCHER_ONE|ONE|AWS)_/;
const MAX_BYTES = 64 * 1024;
