import { Command } from "commander";
import { EXIT_FAILED } from "./exit-codes.ts";

/** `demo`: the whole story of one image, on this machine, against a simulated OpenNebula. */
export function demoCommand(): Command {
  return new Command("demo").action(async () => {
    const { runDemo } = await import("./demo/run-demo.ts");
    const failed = await runDemo((line) => process.stdout.write(`${line}\n`));
    if (failed > 0) {
      process.exitCode = EXIT_FAILED;
    }
  });
}
