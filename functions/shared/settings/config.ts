import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type * as z from "zod";
import { correctedName } from "./misspelt.ts";
import { settingsSchema } from "./settings-schema.ts";

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
    datastoreLocation: settings.VMCATCHER_ONE_DATASTORE_LOCATION,
    format: settings.VMCATCHER_ONE_FORMAT,
    expireUnknown: settings.VMCATCHER_ONE_EXPIRE_UNKNOWN,
    supersededName: settings.VMCATCHER_ONE_SUPERSEDED_NAME,
    expiredName: settings.VMCATCHER_ONE_EXPIRED_NAME,
    maxVirtualSizeBytes: settings.VMCATCHER_ONE_MAX_VIRTUAL_SIZE_GIB * GIB,
    slots: settings.VMCATCHER_ONE_SLOTS,
    convertSlots: settings.VMCATCHER_ONE_CONVERT_SLOTS,
    leaseSeconds: settings.VMCATCHER_ONE_LEASE_SECONDS,
    convertWorkers: settings.VMCATCHER_ONE_CONVERT_WORKERS,
    copyTimeoutSeconds: settings.VMCATCHER_ONE_COPY_TIMEOUT_SECONDS,
    verifyCopy: settings.VMCATCHER_ONE_VERIFY_COPY,
    convertTimeoutSeconds: settings.VMCATCHER_ONE_CONVERT_TIMEOUT_SECONDS,
    stopGraceSeconds: settings.VMCATCHER_ONE_STOP_GRACE_SECONDS,
    sweepSeconds: settings.VMCATCHER_ONE_SWEEP_SECONDS,
    janitorSeconds: settings.VMCATCHER_ONE_JANITOR_SECONDS,
    severalDisks: settings.VMCATCHER_ONE_SEVERAL_DISKS,
    unrecognised: settings.VMCATCHER_ONE_UNRECOGNISED,
    http: settings.VMCATCHER_ONE_HTTP,
    ...vmcatcherPaths(settings),
    reconcile: settings.VMCATCHER_ONE_RECONCILE,
    reconcileSeconds: settings.VMCATCHER_ONE_RECONCILE_SECONDS,
    console: settings.VMCATCHER_ONE_CONSOLE,
    consoleTokenFile: settings.VMCATCHER_ONE_CONSOLE_TOKEN_FILE,
    consoleProxy: settings.VMCATCHER_ONE_CONSOLE_PROXY,
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
  /** OpenNebula's DATASTORE_LOCATION, when disks are to be made in the datastores' directories; undefined: OpenNebula copies them. */
  readonly datastoreLocation: string | undefined;
  readonly format: "raw" | "qcow2";
  readonly expireUnknown: "keep" | "expire";
  readonly supersededName: string;
  readonly expiredName: string;
  readonly maxVirtualSizeBytes: number;
  readonly slots: number;
  readonly convertSlots: number;
  /** How long a message belongs to a process that gives no sign of life. */
  readonly leaseSeconds: number;
  /** Threads that work on one conversion, at most. */
  readonly convertWorkers: number;
  readonly copyTimeoutSeconds: number;
  /** What OpenNebula is told of a disk, to compare its copy with. */
  readonly verifyCopy: "off" | "sha1";
  readonly convertTimeoutSeconds: number;
  readonly stopGraceSeconds: number;
  readonly sweepSeconds: number;
  readonly janitorSeconds: number;
  /** What to do with an appliance of several disks: register the one that boots, or refuse it. */
  readonly severalDisks: "boot-disk" | "refuse";
  /** What to do with a disk in which nothing is found that says so: register it with a warning, or refuse it. */
  readonly unrecognised: "register" | "refuse";
  /** vmcatcher's record of what lies in its cache; beside it lie the images. */
  readonly cacheIndex: string;
  /** Where vmcatcher's downloads lie until they are complete. */
  readonly downloadDirectory: string;
  /** Path or SQLAlchemy URL of vmcatcher's database. May hold a password: never to be shown. */
  readonly vmcatcherDatabase: string;
  /** What the schedule does with what it finds. */
  readonly reconcile: "off" | "report" | "repair";
  readonly reconcileSeconds: number;
  /** Where health and metrics are served; undefined for nowhere. */
  readonly http: Address | undefined;
  /** Where the page is served; undefined for nowhere. */
  readonly console: Address | undefined;
  /** File with the token that the page asks for. */
  readonly consoleTokenFile: string | undefined;
  /** Names under which a reverse proxy shows the page to those it has let in; lower case. */
  readonly consoleProxy: readonly string[];
  readonly logLevel: string;
}

/** Where to listen. */
export interface Address {
  readonly host: string;
  readonly port: number;
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

/** Where sites have vmcatcher's files (EGI's set-up of 2014), and where vmcatcher looks for downloads when it is told nothing. */
function vmcatcherPaths(settings: z.output<typeof settingsSchema>) {
  const cacheIndex =
    settings.VMCATCHER_ONE_CACHE_INDEX ??
    join(settings.VMCATCHER_CACHE_DIR_CACHE ?? "/var/lib/one/cache", "cache.index");
  return {
    cacheIndex,
    downloadDirectory:
      settings.VMCATCHER_CACHE_DIR_DOWNLOAD ?? join(dirname(cacheIndex), "partial"),
    vmcatcherDatabase:
      settings.VMCATCHER_ONE_VMCATCHER_DB ??
      settings.VMCATCHER_RDBMS ??
      "/var/lib/one/vmcatcher.db",
  };
}

const ownNames = new Set(Object.keys(settingsSchema.shape));

function* unknownNames(env: Readonly<Record<string, string | undefined>>): Generator<string> {
  for (const name of Object.keys(env)) {
    if (name.startsWith("VMCATCHER_ONE_") && !ownNames.has(name)) {
      yield `${name}: no such setting`;
    }
    const right = name.startsWith("VMCATCHER_ONE_") ? undefined : correctedName(name);
    if (right !== undefined) {
      yield `${name}: misspelt, write ${right}`;
    }
  }
}
