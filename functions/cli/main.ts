import { Command, CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { ConfigError } from "../shared/settings/config.ts";
import { errorText } from "../shared/log/error-text.ts";
import { cleanCommand } from "./clean.ts";
import { deadLettersCommand } from "./dead-letters.ts";
import { demoCommand } from "./demo.ts";
import { doctorCommand } from "./doctor.ts";
import { discardCommand } from "./discard.ts";
import { EXIT_FAILED, EXIT_USAGE } from "./exit-codes.ts";
import { explainCommand } from "./explain.ts";
import { healthCommand } from "./health.ts";
import { historyCommand } from "./history.ts";
import { hookCommand } from "./hook.ts";
import { hookScriptCommand } from "./hook-script.ts";
import { inspectCommand } from "./inspect.ts";
import { printableLines } from "../shared/log/printable.ts";
import { reconcileCommand } from "./reconcile.ts";
import { replayCommand } from "./replay.ts";
import { retireCommand } from "./retire.ts";
import { runCommand } from "./run.ts";
import { statusCommand } from "./status.ts";

const program = new Command("vmcatcher-one")
  .description(packageJson.description)
  .version(packageJson.version)
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed, 2 wrong usage or settings; of doctor also 3, warnings only.\nSettings are environment variables, see infra/operate/settings.md.",
  )
  .showSuggestionAfterError()
  .exitOverride();

for (const command of [
  runCommand(),
  hookCommand(),
  hookScriptCommand(),
  doctorCommand(),
  statusCommand(),
  healthCommand(),
  deadLettersCommand(),
  replayCommand(),
  cleanCommand(),
  reconcileCommand(),
  discardCommand(),
  historyCommand(),
  explainCommand(),
  retireCommand(),
  inspectCommand(),
  demoCommand(),
]) {
  program.addCommand(command.copyInheritedSettings(program));
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE; // commander has printed it
  } else {
    process.stderr.write(`vmcatcher-one: ${printableLines(errorText(error))}\n`);
    process.exitCode = error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILED;
  }
}
