import type { IncomingMessage } from "node:http";
import { http } from "../http/node-http.ts";
import { errorText } from "../log/error-text.ts";
import { ConfigError, type Config } from "../settings/config.ts";

/** The URL of this host's process. @throws ConfigError when the setting does not say where to ask */
export function healthUrl({ http }: Pick<Config, "http">): URL {
  if (http === undefined || http.port === 0) {
    const value = http === undefined ? "off" : "a port that the system chooses";
    throw new ConfigError([`VMCATCHER_ONE_HTTP: is ${value}: there is nothing to ask, use --url`]);
  }
  // What listens on every address is asked on this host's own.
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[http.host] ?? http.host;
  return new URL(`http://${host.includes(":") ? `[${host}]` : host}:${http.port}/healthz`);
}

/** Asks once. @returns whether the answer was 200, and what to tell: the answer, or why there is none */
export async function askHealth(url: URL): Promise<{ good: boolean; text: string }> {
  // Not fetch: it does not ask the ports that browsers refuse, and a site may choose one of them.
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  http
    .get(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), agent: false }, resolve)
    .once("error", reject);
  try {
    const response = await promise;
    return { good: response.statusCode === 200, text: await beginning(response) };
  } catch (error) {
    return { good: false, text: `no answer from ${url.host}: ${errorText(error)}` };
  }
}

const ANSWER_TIMEOUT_MS = 5000; // healthz only looks into memory

const MAX_CHARACTERS = 4000; // Docker keeps the first 4096 bytes

async function beginning(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of response.setEncoding("utf8")) {
    text += String(part);
    if (text.length > MAX_CHARACTERS) {
      break; // which ends the response too
    }
  }
  return text.trim().slice(0, MAX_CHARACTERS);
}
