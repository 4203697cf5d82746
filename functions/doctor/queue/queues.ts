import { errorText } from "../../shared/log/error-text.ts";
import { MISSING, QueueFailure } from "../../shared/queue/queue-failure.ts";
import { error, troublesOr, unchecked, warning, type Check, type Verdict } from "../check.ts";

/** Whether the queues can be used, and are what the functions rely on. */
export const queues: Check = {
  name: "queues",
  looksAt: "the queues and their attributes",
  look: async ({ config, answers }) => {
    try {
      const { depths, differences } = await answers.queues();
      const waiting = depths.map(
        ({ name, waiting: count, inFlight }) => `${name} ${count}+${inFlight}`,
      );
      return troublesOr(
        differences.map((difference) =>
          warning(
            difference,
            "set it in the queue server (infra/elasticmq, infra/aws/queues.json), or stop the functions, delete the empty queue, and start them: they create it right",
          ),
        ),
        `all answer (waiting+in flight: ${waiting.join(", ")})`,
      );
    } catch (thrown) {
      return verdictOn(thrown, config.queue);
    }
  },
};

function verdictOn(thrown: unknown, kind: "sqlite" | "sqs"): Verdict {
  if (thrown instanceof QueueFailure && thrown.code === MISSING) {
    return unchecked(errorText(thrown), "start the functions (vmcatcher-one run): they create it");
  }
  return error(
    errorText(thrown),
    kind === "sqs"
      ? "see that the queue server runs and AWS_ENDPOINT_URL_SQS, AWS_REGION and the keys are right"
      : "the file must be on a local file system and writable for the service's user; see the checks home and disk-space",
  );
}
