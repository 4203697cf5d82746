import { availableParallelism } from "node:os";
import * as z from "zod";

const integer = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .refine(
      (value) => value >= minimum && value <= maximum,
      `must be from ${minimum} to ${maximum}`,
    );

// Each takes 25 MB and makes some 400 MB of disk a second: more than eight would wait for what they write to.
const MAX_DEFAULT_WORKERS = 8;

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

// The default stands before the transform: behind it, zod would take the undefined of `off` for a missing setting.
const listenAddress = (normally: string) =>
  z
    .string()
    .default(normally)
    .transform((text, context) => {
      const match = /^(?:\[([0-9a-f:]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text);
      if (text === "off") {
        return undefined;
      }
      const port = Number(match?.[3]);
      if (match === null || port > 65_535) {
        context.addIssue("must be ADDRESS:PORT, [IPV6]:PORT or off");
        return z.NEVER;
      }
      return { host: match[1] ?? match[2] ?? "", port };
    });

const hostNames = z
  .string()
  .regex(
    /^[A-Za-z0-9.-]+(?:,[A-Za-z0-9.-]+)*$/,
    "must be host names without ports, separated by commas",
  )
  .transform((text) => text.toLowerCase().split(","));

// vmcatcher's own variables, which one file of settings may serve too. vmcatcher takes paths relative to where it was started.
const ofVmcatcher = z.string().startsWith("/").optional().catch(undefined);

/** Every setting with its check and its default, by the name of its environment variable. */
export const settingsSchema = z.object({
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
  VMCATCHER_ONE_DATASTORE_LOCATION: directory.optional(),
  VMCATCHER_ONE_FORMAT: z.enum(["raw", "qcow2"]).default("raw"),
  VMCATCHER_ONE_EXPIRE_UNKNOWN: z.enum(["keep", "expire"]).default("keep"),
  VMCATCHER_ONE_SUPERSEDED_NAME: namePattern.default("{identifier}_{timestamp}"),
  VMCATCHER_ONE_EXPIRED_NAME: namePattern.default("{identifier} {timestamp}"),
  VMCATCHER_ONE_MAX_VIRTUAL_SIZE_GIB: integer(1, 65_536).default(1024),
  VMCATCHER_ONE_SLOTS: integer(1, 10).default(2),
  VMCATCHER_ONE_CONVERT_SLOTS: integer(1, 64).default(1),
  // Longer than SQLite waits for a lock (5 s), shorter than a queue remembers what was sent (300 s).
  VMCATCHER_ONE_LEASE_SECONDS: integer(10, 240).default(120),
  VMCATCHER_ONE_CONVERT_WORKERS: integer(1, 64).default(() =>
    Math.min(availableParallelism(), MAX_DEFAULT_WORKERS),
  ),
  VMCATCHER_ONE_COPY_TIMEOUT_SECONDS: integer(1, 86_400).default(21_600),
  VMCATCHER_ONE_VERIFY_COPY: z.enum(["off", "sha1"]).default("off"),
  VMCATCHER_ONE_CONVERT_TIMEOUT_SECONDS: integer(1, 41_400).default(36_000),
  VMCATCHER_ONE_STOP_GRACE_SECONDS: integer(0, 86_400).default(20),
  VMCATCHER_ONE_SWEEP_SECONDS: integer(1, 86_400).default(300),
  VMCATCHER_ONE_JANITOR_SECONDS: integer(60, 604_800).default(3600),
  VMCATCHER_ONE_SEVERAL_DISKS: z.enum(["boot-disk", "refuse"]).default("boot-disk"),
  VMCATCHER_ONE_UNRECOGNISED: z.enum(["register", "refuse"]).default("register"),
  VMCATCHER_ONE_CACHE_INDEX: z
    .string()
    .regex(/^\/(.*\/)?cache\.index$/, "must be an absolute path that ends with /cache.index")
    .optional(),
  VMCATCHER_ONE_VMCATCHER_DB: z
    .string()
    .regex(/^\/|^[a-z][a-z0-9+]*:\/\//, "must be an absolute path or a URL, as VMCATCHER_RDBMS")
    .optional(),
  VMCATCHER_ONE_RECONCILE: z.enum(["off", "report", "repair"]).default("report"),
  VMCATCHER_ONE_RECONCILE_SECONDS: integer(60, 604_800).default(3600),
  VMCATCHER_CACHE_DIR_CACHE: ofVmcatcher,
  VMCATCHER_CACHE_DIR_DOWNLOAD: ofVmcatcher,
  VMCATCHER_RDBMS: z.string().optional(),
  VMCATCHER_ONE_HTTP: listenAddress("127.0.0.1:9464"),
  VMCATCHER_ONE_CONSOLE: listenAddress("127.0.0.1:9465"),
  VMCATCHER_ONE_CONSOLE_TOKEN_FILE: z
    .string()
    .startsWith("/", "must be an absolute path")
    .optional(),
  VMCATCHER_ONE_CONSOLE_PROXY: hostNames.default([]),
  // Read by the hook alone; known here so that one file of settings can serve both.
  VMCATCHER_ONE_VMCATCHER_IMAGE: z.string().optional(),
  VMCATCHER_ONE_VMCATCHER_IMAGE_SECONDS: z.string().optional(),
  VMCATCHER_ONE_LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});
