import { Command } from "commander";
import { execa } from "execa";
import { hookPath } from "../shared/spool/hook-path.ts";

/** `hook`: runs the script that vmcatcher calls, in this process's environment. */
export function hookCommand(): Command {
  return new Command("hook").action(async () => {
    const result = await execa(hookPath(), { stdio: "inherit", reject: false });
    process.exitCode = result.exitCode ?? 1;
  });
}
