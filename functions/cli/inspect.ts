import { Command } from "commander";
import { readConfig } from "../shared/settings/config.ts";
import { errorText } from "../shared/log/error-text.ts";
import { EXIT_FAILED } from "./exit-codes.ts";
import { inspectFile } from "../convert-image/inspect-file.ts";
import { inspectText } from "./inspect-text.ts";
import { untilInterrupted } from "./until-interrupted.ts";

/** `inspect FILE`: what the chain would say about an image file. */
export function inspectCommand(): Command {
  return new Command("inspect")
    .argument("<file>", "the image")
    .option("--format <format>", "what the list says that it is (hv:format)")
    .option("--full", "read everything, however large it is")
    .option("--convert", "make the disk as the chain would, and tell its sha256; reads everything")
    .option("--directory <directory>", "where to unpack and convert, instead of below TMPDIR")
    .option("--json", "machine-readable output")
    .addHelpText(
      "after",
      `
Exit codes: 0 accepted, 1 refused (or a program or space is missing, which is said on standard error), 2 wrong usage.
Of the settings, VMCATCHER_ONE_MAX_VIRTUAL_SIZE_GIB, VMCATCHER_ONE_SEVERAL_DISKS, VMCATCHER_ONE_UNRECOGNISED and
VMCATCHER_ONE_FORMAT matter. What is packed is unpacked below TMPDIR or in the directory that is given; with --convert the disk is
made there, too (of RAW as it is, nothing). It needs the room for that, and all of it is removed at the end. Nothing else is written,
and no service is asked.`,
    )
    .action(
      async (
        file: string,
        options: {
          format?: string;
          full?: boolean;
          convert?: boolean;
          directory?: string;
          json?: boolean;
        },
        command: Command,
      ) => {
        const question = {
          format: options.format,
          full: options.full === true,
          convert: options.convert === true,
          directory: options.directory,
          config: readConfig(process.env),
        };
        using interruption = untilInterrupted(); // so that what was unpacked is removed
        const report = await inspectFile(file, question, interruption.signal).catch(
          (error: unknown) => {
            if (error instanceof Error && "syscall" in error && error.syscall === "open") {
              command.error(`error: ${file} cannot be opened: ${errorText(error)}`);
            }
            throw error;
          },
        );
        process.stdout.write(
          options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : inspectText(report),
        );
        if (report.verdict === "refused") {
          process.exitCode = EXIT_FAILED;
        }
      },
    );
}
