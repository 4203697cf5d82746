import { Command } from "commander";
import { readConfig } from "../shared/settings/config.ts";
import { createOpenNebula } from "../shared/opennebula/client.ts";
import { endorsementOf } from "../shared/worker/endorsement-sources.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { foreseenArtifact } from "../convert-image/foreseen-artifact.ts";
import { explainMessage } from "../explain/explain-message.ts";
import { FIRST_STEP, steps } from "../registry.ts";
import { explanationText } from "./explanation-text.ts";

/** `explain EVENT-FILE | JOB`: which calls to OpenNebula it would make, in order, and why. Nothing is done. */
export function explainCommand(): Command {
  return new Command("explain")
    .argument(
      "<event-file|job>",
      "an entry of the spool, a file of VMCATCHER_* lines, or an ID of a dead letter, message or job",
    )
    .option("--full", "read the whole image, and verify its checksum")
    .option("--json", "machine-readable output")
    .addHelpText("after", HELP)
    .action(async (wanted: string, options: { full?: boolean; json?: boolean }) => {
      const config = readConfig(process.env);
      await using queues = openQueues(config);
      const opennebula = createOpenNebula({
        endpoint: config.oneXmlrpc,
        authFile: config.oneAuthFile,
      });
      const explanation = await explainMessage(
        wanted,
        {
          chain,
          config,
          queues,
          opennebula,
          endorsement: endorsementOf(config),
          full: options.full === true,
        },
        new AbortController().signal,
      );
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify(explanation, undefined, 2)}\n`
          : explanationText(explanation),
      );
    });
}

const chain = {
  steps,
  firstStep: FIRST_STEP,
  foreseen: { "convert-image": foreseenArtifact },
};

const HELP = `
The functions themselves run, from the one on that the message is for, over OpenNebula as it is now. Calls that only read are made and
not shown. An image is inspected and not converted; the one that would be made is called NEW.

The JSON is one object: found, step, job, verdicts [question, answer, text], calls [function, method, image, arguments, why, refused]
and end [outcome, function, code, text].`;
