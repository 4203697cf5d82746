import type { Config } from "../../shared/settings/config.ts";
import { errorText } from "../../shared/log/error-text.ts";
import { ok, unchecked, warning, type Check, type Verdict } from "../check.ts";
import { clockOffset } from "../clock-offset.ts";

/** This host's clock against those of the servers that it talks to, by the Date of an HTTP answer. */
export const clock: Check = {
  name: "clock",
  looksAt: "the clocks of this host, oned and the queue server",
  look: async ({ config, now }, signal) => {
    const servers: readonly (readonly [string, URL | undefined])[] = [
      ["oned", config.oneXmlrpc],
      ["the SQS server", config.queue === "sqs" ? sqsUrl(config) : undefined],
    ];
    return Promise.all(
      servers.flatMap(([name, url]) =>
        url === undefined ? [] : [compare(name, url, now, signal)],
      ),
    );
  },
};

const MOST_SECONDS = 30; // AWS refuses signatures that are minutes off; nothing else minds a few seconds

function sqsUrl({ sqsEndpoint, region }: Config): URL | undefined {
  const url = sqsEndpoint ?? `https://sqs.${region}.amazonaws.com/`;
  return URL.parse(url) ?? undefined;
}

async function compare(
  name: string,
  url: URL,
  now: () => Date,
  signal: AbortSignal,
): Promise<Verdict> {
  const again = "see that it is reachable, then run doctor again";
  try {
    const seconds = await clockOffset(url, now, signal);
    if (seconds === undefined) {
      return unchecked(
        `${name} at ${url.host} does not tell its time`,
        "compare `date` on both hosts",
      );
    }
    const seen = `${name} is ${Math.abs(seconds).toFixed(0)} s ${seconds < 0 ? "behind" : "ahead of"} this host`;
    return Math.abs(seconds) <= MOST_SECONDS
      ? ok(seen)
      : warning(
          seen,
          "run an NTP service (chrony) on both hosts: the time of an event decides which version is the newest, and AWS refuses calls with a wrong time",
        );
  } catch (thrown) {
    return unchecked(`${name} at ${url.host} did not tell its time: ${errorText(thrown)}`, again);
  }
}
