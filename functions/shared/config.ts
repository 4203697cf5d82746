import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";

/**
 * The settings, read from environment variables.
 * @throws ConfigError naming every problem at once
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems = [...unknownNames(env)];
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    problems.push(
      ...parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`),
    );
  }
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(problems);
  }
  const settings = parsed.data;
  const home = settings.VMCATCHER_ONE_HOME;
  return {
    home,
    spoolDirectory: join(home, "spool"),
    stagingDirectory: join(home, "staging"),
    oneXmlrpc: settings.ONE_XMLRPC,
    oneAuthFile: settings.ONE_AUTH ?? join(homedir(), ".one", "one_auth"),
    queue: settings.VMCATCHER_ONE_QUEUE,
    queueFile: join(home, "queue", "queue.sqlite"),
    queuePrefix: settings.VMCATCHER_ONE_QUEUE_PREFIX,
    sqsEndpoint: settings.AWS_ENDPOINT_URL_SQS,
    region: settings.AWS_REGION,
    datastore: settings.VMCATCHER_ONE_DATASTORE,
    voDatastores: settings.VMCATCHER_ONE_VO_DATASTORES,
    format: settings.VMCATCHER_ONE_FORMAT,
    expireUnknown: settings.VMCATCHER_ONE_EXPIRE_UNKNOWN,
    supersededName: settings.VMCATCHER_ONE_SUPERSEDED_NAME,
    expiredName: settings.VMCATCHER_ONE_EXPIRED_NAME,
    maxVirtualSizeBytes: settings.VMCATCHER_ONE_MAX_VIRTUAL_SIZE_GIB * GIB,
    slots: settings.VMCATCHER_ONE_SLOTS,
    convertSlots: settings.VMCATCHER_ONE_CONVERT_SLOTS,
    copyTimeoutSeconds: settings.VMCATCHER_ONE_COPY_TIMEOUT_SECONDS,
    convertTimeoutSeconds: settings.VMCATCHER_ONE_CONVERT_TIMEOUT_SECONDS,
    stopGraceSeconds: settings.VMCATCHER_ONE_STOP_GRACE_SECONDS,
    sweepSeconds: settings.VMCATCHER_ONE_SWEEP_SECONDS,
    logLevel: settings.VMCATCHER_ONE_LOG_LEVEL,
  };
}

/** What the program was told, checked. */
export interface Config {
  readonly home: string;
  readonly spoolDirectory: string;
  readonly stagingDirectory: string;
  readonly oneXmlrpc: URL;
  readonly oneAuthFile: string;
  readonly queue: "sqlite" | "sqs";
  readonly queueFile: string;
  readonly queuePrefix: string;
  readonly sqsEndpoint: string | undefined;
  readonly region: string;
  /** Name or id of an image datastore. */
  readonly datastore: string;
  /** Datastores (name or id) of single VOs. */
  readonly voDatastores: ReadonlyMap<string, string>;
  readonly format: "raw" | "qcow2";
  readonly expireUnknown: "keep" | "expire";
  readonly supersededName: string;
  readonly expiredName: string;
  readonly maxVirtualSizeBytes: number;
  readonly slots: number;
  readonly convertSlots: number;
  readonly copyTimeoutSeconds: number;
  readonly convertTimeoutSeconds: number;
  readonly stopGraceSeconds: number;
  readonly sweepSeconds: number;
  readonly logLevel: string;
}

/** Thrown at start-up when settings are wrong; the text has one line for each of them. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`wrong settings:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const GIB = 2 ** 30;

const integer = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .refine(
      (value) => value >= minimum && value <= maximum,
      `must be from ${minimum} to ${maximum}`,
    );

// A quote breaks the copy in OpenNebula's driver and a blank breaks SAFE_DIRS, which is a list separated by blanks.
const directory = z
  .string()
  .regex(
    /^\/[A-Za-z0-9._/-]*$/,
    "must be an absolute path of letters, digits, '.', '_', '-' and '/'",
  )
  .transform((path) => (path.length > 1 ? path.replace(/\/+$/, "") : path));

// 64 of the identifier, 31 of the timestamp and 12 that tell two colliding names apart leave this of OpenNebula's 128.
const NAME_PATTERN_LITERAL_BYTES = 20;

const namePattern = z
  .string()
  .refine(
    (pattern) =>
      Buffer.byteLength(pattern.replace("{identifier}", "").replace("{timestamp}", "")) <=
      NAME_PATTERN_LITERAL_BYTES,
    `must have at most ${NAME_PATTERN_LITERAL_BYTES} bytes besides {identifier} and {timestamp}`,
  )
  .refine((pattern) => pattern.includes("{identifier}"), "must contain {identifier}")
  .refine(
    (pattern) => pattern.includes("{timestamp}"),
    "must contain {timestamp}, or old names would collide",
  )
  .refine(
    // The characters that OpenNebula forbids in NAME (PoolObjectSQL.cc); braces stand for the two placeholders only.
    (pattern) =>
      !/[&|:\\";/'#{}$<>\p{Cc}]/u.test(
        pattern.replace("{identifier}", "").replace("{timestamp}", ""),
      ),
    "contains a character that OpenNebula does not allow in names",
  );

const voDatastores = z.string().transform((text, context) => {
  const map = new Map<string, string>();
  for (const entry of text.split(",")) {
    const match = /^\s*([^=\s]+)=(\S+)\s*$/.exec(entry);
    if (match === null) {
      context.addIssue(`'${entry.trim()}' is not VO=DATASTORE (entries are separated by commas)`);
      return z.NEVER;
    }
    map.set(match[1] ?? "", match[2] ?? "");
  }
  return map;
});

const settingsSchema = z.object({
  ONE_XMLRPC: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .default("http://localhost:2633/RPC2")
    .transform((url) => new URL(url)),
  ONE_AUTH: z.string().optional(),
  AWS_ENDPOINT_URL_SQS: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .optional(),
  AWS_REGION: z.string().default("elasticmq"),
  VMCATCHER_ONE_HOME: directory.default("/var/lib/vmcatcher-one"),
  VMCATCHER_ONE_QUEUE: z.enum(["sqlite", "sqs"]).default("sqlite"),
  VMCATCHER_ONE_QUEUE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{0,40}$/, "must be at most 40 letters, digits, '-' and '_'")
    .default("vmcatcher-one-"),
  VMCATCHER_ONE_DATASTORE: z.string().default("default"),
  VMCATCHER_ONE_VO_DATASTORES: voDatastores.default(new Map()),
  VMCATCHER_ONE_FORMAT: z.enum(["raw", "qcow2"]).default("raw"),
  VMCATCHER_ONE_EXPIRE_UNKNOWN: z.enum(["keep", "expire"]).default("keep"),
  VMCATCHER_ONE_SUPERSEDED_NAME: namePattern.default("{identifier}_{timestamp}"),
  VMCATCHER_ONE_EXPIRED_NAME: namePattern.default("{identifier} {timestamp}"),
  VMCATCHER_ONE_MAX_VIRTUAL_SIZE_GIB: integer(1, 65_536).default(1024),
  VMCATCHER_ONE_SLOTS: integer(1, 10).default(2),
  VMCATCHER_ONE_CONVERT_SLOTS: integer(1, 64).default(1),
  VMCATCHER_ONE_COPY_TIMEOUT_SECONDS: integer(1, 86_400).default(21_600),
  VMCATCHER_ONE_CONVERT_TIMEOUT_SECONDS: integer(1, 41_400).default(36_000),
  VMCATCHER_ONE_STOP_GRACE_SECONDS: integer(0, 86_400).default(20),
  VMCATCHER_ONE_SWEEP_SECONDS: integer(1, 86_400).default(300),
  VMCATCHER_ONE_LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

const ownNames = new Set(Object.keys(settingsSchema.shape));

function* unknownNames(env: Readonly<Record<string, string | undefined>>): Generator<string> {
  for (const name of Object.keys(env)) {
    if (name.startsWith("VMCATCHER_ONE_") && !ownNames.has(name)) {
      yield `${name}: no such setting`;
    }
    // Seen in real cron files: an exchange of letters makes vmcatcher ignore the variable without a word.
    const misspelt = /^(VMCATHER|VMCACTHER|VMCATCHR|VMCATCER)_/.exec(name);
    if (misspelt !== null) {
      yield `${name}: misspelt, write VMCATCHER_${name.slice(misspelt[0].length)}`;
    }
  }
}
