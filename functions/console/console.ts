import { isIPv4 } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { ConfigError, type Address, type Config } from "../shared/settings/config.ts";
import type { Deps } from "../shared/step/deps.ts";
import { listen } from "../shared/http/listen.ts";
import { http } from "../shared/http/node-http.ts";
import { rememberingReader } from "../shared/overview/dead-letter-reader.ts";
import { collectOverview } from "../shared/overview/overview.ts";
import type { Queues } from "../shared/queue/queue.ts";
import type { GiveSign } from "../shared/worker/sign-of-life.ts";
import { createApp } from "./app.ts";
import { deadLetterActions } from "./dead-letter-actions.ts";
import { Guard } from "./guard.ts";
import { lastAnswer } from "./last-answer.ts";
import { Samples, sampleUntil } from "./samples.ts";
import { SharedView } from "./shared-view.ts";
import { takeSample } from "./take-sample.ts";
import { readToken } from "./token-file.ts";

/** What the page is about. */
export interface ConsoleOptions {
  readonly deps: Deps;
  readonly queues: Queues;
  /** In the order of the chain. */
  readonly queueNames: readonly string[];
  /** Told at every turn of the loop that takes samples. */
  readonly sign: GiveSign;
}

/**
 * Serves the page where the setting says until `signal`; it waits for nothing, so it is there when all else is not.
 * @throws ConfigError when it may not or cannot be served there
 */
export async function runConsole(options: ConsoleOptions, signal: AbortSignal): Promise<void> {
  const { deps, queues, queueNames, sign } = options;
  const { config, clock, endorsement, log } = deps;
  if (config.console === undefined) {
    return;
  }
  const guard = await guardOf(config, config.console, clock);
  const samples = new Samples();
  let readDeadLetters = rememberingReader();
  const images = lastAnswer(() =>
    deps.opennebula.images(AbortSignal.any([signal, AbortSignal.timeout(POOL_LIMIT_MS)])),
  );
  const view = new SharedView(() =>
    collectOverview(
      { config, clock, opennebula: { images }, endorsement, queues, queueNames, readDeadLetters },
      signal,
    ),
  );
  const app = createApp({
    latest: () => view.latest(),
    samples: () => samples.all(),
    site: config.oneXmlrpc.host,
    guard,
    actions: deadLetterActions(options, () => {
      readDeadLetters = rememberingReader(); // as many dead letters as before may be others now
      view.expire();
    }),
    hosts: config.consoleProxy,
    log,
  });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = http.createServer(LIMITS, (request, response) => void listener(request, response));
  server.maxConnections = MAX_CONNECTIONS;
  const listening = await listen(server, config.console, { setting: "VMCATCHER_ONE_CONSOLE", log });
  log.info({ url: listening.url, actions: guard !== undefined }, "the page is served");
  try {
    const take = () => takeSample(options, signal);
    await sampleUntil({ samples, take, clock, sign }, signal);
  } finally {
    await listening.close();
  }
}

const POOL_LIMIT_MS = 19_000; // below that of the overview: what is then said comes from the call itself

const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 15_000, // longer than the page waits before it asks again
  connectionsCheckingInterval: 5000,
};

const MAX_CONNECTIONS = 64;

/** @throws ConfigError when nothing would keep strangers away */
async function guardOf(
  { consoleTokenFile, consoleProxy }: Pick<Config, "consoleTokenFile" | "consoleProxy">,
  { host }: Address,
  clock: Deps["clock"],
): Promise<Guard | undefined> {
  if (consoleTokenFile !== undefined) {
    return new Guard(await readToken(consoleTokenFile), clock);
  }
  if (!isLoopback(host) && consoleProxy.length === 0) {
    throw new ConfigError([
      `VMCATCHER_ONE_CONSOLE: ${host} can be reached from elsewhere: set VMCATCHER_ONE_CONSOLE_TOKEN_FILE, or VMCATCHER_ONE_CONSOLE_PROXY when a proxy lets in only whom it knows`,
    ]);
  }
  return undefined;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
