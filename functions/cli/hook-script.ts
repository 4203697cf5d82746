import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { hookPath } from "../shared/spool/hook-path.ts";

/** `hook-script`: prints the script that vmcatcher calls, so that a host gets it out of the container image. */
export function hookScriptCommand(): Command {
  return new Command("hook-script").action(async () => {
    process.stdout.write(await readFile(hookPath()));
  });
}
