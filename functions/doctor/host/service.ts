import { countSpool } from "../../shared/spool/listing.ts";
import { ConfigError } from "../../shared/settings/config.ts";
import { askHealth, healthUrl } from "../../shared/health/ask-health.ts";
import { error, ok, unchecked, warning, type Check } from "../check.ts";
import type { Examination } from "../examination.ts";

/** Whether somebody works: the process that serves health here. */
export const service: Check = {
  name: "service",
  looksAt: "the running process at VMCATCHER_ONE_HTTP",
  look: async (site) => {
    const url = urlOf(site);
    if (typeof url === "string") {
      return unchecked(url, "ask the process manager (systemctl status, docker ps)");
    }
    const { good, text } = await askHealth(url);
    if (good) {
      return ok(`${url.host} says that it is alive`);
    }
    if (!text.startsWith("no answer")) {
      return error(
        `${url.host} says that it hangs: ${text}`,
        "look at its log, then restart it: work in progress goes back to the queue",
      );
    }
    const work = await waitingWork(site);
    const fix =
      "start it (systemctl start vmcatcher-one, or vmcatcher-one run); if it runs elsewhere or in containers, run doctor there";
    return work === 0
      ? warning(text, fix)
      : error(`${text}, and ${work} events and messages wait`, fix);
  },
};

function urlOf({ config }: Examination): URL | string {
  try {
    return healthUrl(config);
  } catch (thrown) {
    if (thrown instanceof ConfigError) {
      return thrown.problems.join("; ");
    }
    throw thrown;
  }
}

async function waitingWork({ config, answers }: Examination): Promise<number> {
  const spool = await countSpool(config.spoolDirectory).catch(() => ({ waiting: 0 }));
  const queues = await answers.queues().catch(() => ({ depths: [] })); // its own check tells why
  return queues.depths.reduce((sum, { waiting }) => sum + waiting, spool.waiting);
}
