import * as z from "zod";
import { errorText } from "../log/error-text.ts";
import { QueueFailure } from "./queue-failure.ts";

/** Anything thrown by the SDK as a QueueFailure. */
export function sqsFailure(subject: string, error: unknown): QueueFailure {
  const thrown = read(error);
  const status = thrown.$metadata?.httpStatusCode ?? 0;
  // A 5xx with a text body arrives as "SyntaxError: Unexpected token": only its status says what it is.
  const code = status >= 500 ? `HTTP ${status}` : (thrown.code ?? shortName(thrown.name));
  const hint = thrown.name === "CredentialsProviderError" ? `; ${CREDENTIALS_HINT}` : "";
  return new QueueFailure(subject, code, `${errorText(error) || thrown.name}${hint}`, {
    cause: error,
  });
}

/**
 * Whether a call that carries a receipt failed because the receipt is no longer valid. Each broker has its own word:
 * fauxqs (and AWS for changes) MessageNotInflight, ElasticMQ ReceiptHandleIsInvalid, AWS also InvalidParameterValue.
 */
export function isStaleReceipt(error: unknown): boolean {
  return staleReceiptNames.has(shortName(read(error).name));
}

export function isMissingQueue(error: unknown): boolean {
  return missingQueueNames.has(shortName(read(error).name));
}

export function isExistingQueue(error: unknown): boolean {
  return shortName(read(error).name) === "QueueNameExists";
}

/** How often the SDK sent the request that ended with this error. */
export function attemptsOf(error: unknown): number {
  return read(error).$metadata?.attempts ?? 1;
}

const staleReceiptNames: ReadonlySet<string> = new Set([
  "MessageNotInflight",
  "ReceiptHandleIsInvalid",
  "InvalidParameterValue",
]);
const missingQueueNames: ReadonlySet<string> = new Set(["QueueDoesNotExist", "NonExistentQueue"]);

const CREDENTIALS_HINT =
  "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (ElasticMQ accepts any value, but the SDK does not do without)";

const thrownSchema = z.object({
  name: z.string(),
  code: z.string().optional(),
  $metadata: z
    .object({ httpStatusCode: z.number().optional(), attempts: z.number().optional() })
    .optional(),
});

function read(error: unknown): z.infer<typeof thrownSchema> {
  return thrownSchema.safeParse(error).data ?? { name: "unknown" };
}

/** fauxqs prefixes names with `AWS.SimpleQueueService.`, ElasticMQ with `com.amazonaws.sqs#`. */
function shortName(name: string): string {
  return name.replace(/^.*[.#]/, "");
}
