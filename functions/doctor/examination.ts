import { ConfigError, readConfig, type Config } from "../shared/settings/config.ts";
import { createOpenNebula } from "../shared/opennebula/client.ts";
import { createAnswers, type Answers } from "./answers.ts";
import { readCronJobs, type CronJobs } from "./cron-jobs.ts";
import { once } from "./once.ts";

/** The installation that is looked at, as the checks are given it. */
export interface Examination {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Settings that are wrong have their defaults here. */
  readonly config: Config;
  readonly settingProblems: readonly string[];
  readonly places: Places;
  /** What runs vmcatcher on this host; read once. */
  readonly cronJobs: () => Promise<CronJobs>;
  /** What OpenNebula and the queues say; each is asked once. */
  readonly answers: Answers;
  readonly now: () => Date;
  /** Of the Node.js that runs this, without the `v`. */
  readonly nodeVersion: string;
  /** Whether this is a container: files of the host that are not mounted are not seen from here. */
  readonly inContainer: boolean;
  close(): Promise<void>;
}

/** Where to look, as told on the command line. */
export interface Places {
  /** Cron files, or directories of them. */
  readonly cron: readonly string[];
  /** The user that runs vmcatcher; by default the one that the cron line names. */
  readonly vmcatcherUser: string | undefined;
  /** vmcatcher's cache; by default what cron, the environment or the usual places tell. */
  readonly cache: string | undefined;
  /** The user that `oned` runs as. */
  readonly onedUser: string;
  readonly onedConf: string;
  /** The file from which systemd gives the service its settings. */
  readonly envFile: string;
}

/** Nothing is read or asked before a check does. */
export function createExamination(given: {
  readonly env: Examination["env"];
  readonly places: Places;
  /** Of the steps, in the order of the chain. */
  readonly queueNames: readonly string[];
  readonly nodeVersion: string;
  readonly inContainer: boolean;
  readonly now?: () => Date;
}): Examination {
  const { config, settingProblems } = settingsOf(given.env);
  const opennebula = createOpenNebula({ endpoint: config.oneXmlrpc, authFile: config.oneAuthFile });
  const answers = createAnswers(config, opennebula, given.queueNames);
  return {
    now: () => new Date(),
    ...given,
    config,
    settingProblems,
    cronJobs: once(() => readCronJobs(given.places.cron)),
    answers,
    close: () => answers.close(),
  };
}

/** With wrong settings the doctor goes on: these are left out, and the other checks may tell more. */
function settingsOf(env: Examination["env"]): Pick<Examination, "config" | "settingProblems"> {
  try {
    return { config: readConfig(env), settingProblems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    const wrong = new Set(error.problems.map((problem) => problem.split(":", 1).join()));
    const right = Object.entries(env).filter(([name]) => !wrong.has(name));
    return { config: readConfig(Object.fromEntries(right)), settingProblems: error.problems };
  }
}
