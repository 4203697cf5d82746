import { error, ok, unchecked, type Check } from "../check.ts";
import { hookCommandOf } from "../hook-command.ts";
import { vmcatcherJobs } from "../vmcatcher-side.ts";

/** Whether vmcatcher is told to call the hook. */
export const cron: Check = {
  name: "cron",
  looksAt: "VMCATCHER_CACHE_EVENT where cron runs vmcatcher_cache",
  look: async (site) =>
    (await vmcatcherJobs(site)).map(({ file, variables }) => {
      const command = variables.get("VMCATCHER_CACHE_EVENT") ?? "";
      const fix = `set VMCATCHER_CACHE_EVENT=/usr/local/bin/vmcatcher-hook in ${file}`;
      if (command === "") {
        return error(
          `${file} runs vmcatcher_cache without VMCATCHER_CACHE_EVENT: no event is recorded`,
          fix,
        );
      }
      const called = hookCommandOf(command);
      if (called.kind === "unknown") {
        return unchecked(`${file}: what '${command}' calls cannot be told from the text`, fix);
      }
      if (called.kind === "predecessor") {
        return error(
          `${file}: VMCATCHER_CACHE_EVENT still calls vmcatcher_eventHndl_ON: '${command}'`,
          fix,
        );
      }
      return ok(`${file}: VMCATCHER_CACHE_EVENT is '${command}'`);
    }),
};
