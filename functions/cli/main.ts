import { Command, CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { errorText } from "../shared/log/error-text.ts";
import { printableLines } from "../shared/log/printable.ts";
import { commandsFor } from "./commands.ts";
import { EXIT_FAILED, EXIT_USAGE } from "./exit-codes.ts";
import { outliveReaders } from "./reader-gone.ts";

outliveReaders();

const program = new Command("vmcatcher-one")
  .description(packageJson.description)
  .version(packageJson.version)
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed, 2 wrong usage or settings; of doctor also 3, warnings only.\nSettings are environment variables, see infra/operate/settings.md.",
  )
  .showSuggestionAfterError()
  .exitOverride();

try {
  for (const command of await commandsFor(process.argv.slice(2))) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE; // commander has printed it
  } else {
    const { ConfigError } = await import("../shared/settings/config.ts"); // only what went wrong pays for it
    process.stderr.write(`vmcatcher-one: ${printableLines(errorText(error))}\n`);
    process.exitCode = error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILED;
  }
}
