import { Command } from "commander";
import { askHealth, healthUrl } from "../shared/health/ask-health.ts";
import { ConfigError, readConfig } from "../shared/settings/config.ts";
import { EXIT_FAILED } from "./exit-codes.ts";

/** `health [--url URL]`: asks a running process whether its loop is alive, for Docker's HEALTHCHECK, systemd and others. */
export function healthCommand(): Command {
  return new Command("health")
    .option("--url <url>", "what to ask instead of /healthz at VMCATCHER_ONE_HTTP")
    .action(async ({ url }: { url?: string }) => {
      const { good, text } = await askHealth(
        url === undefined ? healthUrl(readConfig(process.env)) : checkedUrl(url),
      );
      process.stdout.write(`${text}\n`);
      if (!good) {
        process.exitCode = EXIT_FAILED;
      }
    });
}

function checkedUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== "http:") {
    throw new ConfigError(["--url: must be an http URL"]);
  }
  return url;
}
