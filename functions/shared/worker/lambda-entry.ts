import { readConfig } from "../settings/config.ts";
import { createLog } from "../log/log.ts";
import { openQueues } from "../queue/open-queues.ts";
import { createDeps } from "./create-deps.ts";
import { lambdaHandler, type LambdaHandler } from "./lambda.ts";
import { openStepQueues } from "./step-queues.ts";
import type { RunnableStep } from "./step.ts";

/**
 * What a function's bundle exports as `handler`. Settings are read and queues opened at the first event, not at import;
 * when that fails, the event fails with it and the next one tries again.
 */
export function lambdaEntry(name: string, step: RunnableStep, firstStep: string): LambdaHandler {
  let ready: Promise<LambdaHandler> | undefined;
  return async (event) => {
    ready ??= setUp(name, step, firstStep);
    let handler: LambdaHandler;
    try {
      handler = await ready;
    } catch (error) {
      ready = undefined;
      throw error;
    }
    return handler(event);
  };
}

async function setUp(name: string, step: RunnableStep, firstStep: string): Promise<LambdaHandler> {
  const config = readConfig(process.env);
  const deps = createDeps(config, createLog(config.logLevel));
  const queues = openQueues(config);
  try {
    return lambdaHandler(name, step, {
      ...(await openStepQueues(queues, { name, step, firstStep })),
      deps,
    });
  } catch (error) {
    await queues.close();
    throw error;
  }
}
