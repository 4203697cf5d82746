import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { execa } from "execa";

/** `hook`: runs the script that vmcatcher calls, in this process's environment. */
export function hookCommand(): Command {
  return new Command("hook")
    .description(
      "record the event in the environment (VMCATCHER_EVENT_*) in the spool, as vmcatcher's hook does",
    )
    .action(async () => {
      const result = await execa(hookPath(), { stdio: "inherit", reject: false });
      process.exitCode = result.exitCode ?? 1;
    });
}

/** Where the hook lies: beside the bundle, or in the sources. */
export function hookPath(): string {
  const candidates = ["./vmcatcher-hook", "../enqueue-event/vmcatcher-hook"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw new Error(`the hook is missing, looked for ${candidates.join(" and ")}`);
  }
  return path;
}
