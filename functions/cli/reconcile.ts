import { statSync } from "node:fs";
import { Command } from "commander";
import { applyPlan, makePlan } from "../reconcile/handler.ts";
import { readConfig, type Config } from "../shared/settings/config.ts";
import { createLog } from "../shared/log/log.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { createDeps } from "../shared/worker/create-deps.ts";
import { EXIT_FAILED } from "./exit-codes.ts";
import { reconcileDeps } from "./reconcile-deps.ts";
import { appliedText, planText } from "./reconcile-text.ts";

interface Options {
  readonly json?: boolean;
  readonly allowMassRetirement?: boolean;
}

/** `reconcile plan` and `reconcile apply`: compares vmcatcher with OpenNebula, and enqueues the events that are missing. */
export function reconcileCommand(): Command {
  const command = new Command("reconcile");
  command
    .command("plan")
    .exitOverride()
    .description("show what differs and what apply would do; exit code 1 when something differs")
    .option("--json", "machine-readable output")
    .action((options: Options) =>
      withDeps(async (deps) => {
        const { plan } = await makePlan(deps, { massRetirement: false }, patience());
        print(options, plan, planText(plan));
        process.exitCode = plan.findings.length > 0 ? EXIT_FAILED : 0;
      }),
    );
  command
    .command("apply")
    .exitOverride()
    .description("enqueue the events; exit code 1 when a repair was held back")
    .option("--json", "machine-readable output")
    .option(
      "--allow-mass-retirement",
      "retire images even if they are more than half of those that are live",
    )
    .action((options: Options) =>
      withDeps(async (deps) => {
        const made = await makePlan(
          deps,
          { massRetirement: options.allowMassRetirement === true },
          patience(),
        );
        const enqueued = await applyPlan(made, deps);
        print(
          options,
          { ...made.plan, enqueued: enqueued.length },
          appliedText(made.plan, enqueued),
        );
        const blocked = made.plan.findings.some(({ held }) => held?.kind === "blocked");
        process.exitCode = blocked ? EXIT_FAILED : 0;
      }),
    );
  return command;
}

const PATIENCE_MS = 120_000; // a pool of thousands of images, and an administrator who waits

function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MS);
}

async function withDeps(
  work: (deps: ReturnType<typeof reconcileDeps>) => Promise<void>,
): Promise<void> {
  const config = readConfig(process.env);
  refuseForeignRoot(config);
  const queues = openQueues(config);
  try {
    await work(reconcileDeps(createDeps(config, createLog("warn", "stderr")), queues));
  } finally {
    await queues.close();
  }
}

/** What root makes in the spool or beside the queue, the service and the hook could not read, or not write to. */
function refuseForeignRoot({ home }: Config): void {
  const { uid } = statSync(home);
  if (process.geteuid?.() === 0 && uid !== 0) {
    throw new Error(
      `${home} belongs to user ${uid}: run this as that user (sudo -u '#${uid}' ...), or its service could not read what is written`,
    );
  }
}

function print({ json }: Options, answer: object, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(answer, undefined, 2)}\n` : text);
}
