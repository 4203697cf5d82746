import assert from "node:assert/strict";
import { ALL_FUNCTIONS } from "../../functions/cli/beside.ts";
import type { Config } from "../../functions/shared/settings/config.ts";
import { errorText } from "../../functions/shared/log/error-text.ts";
import { giveToUser } from "../fakes/rights.ts";
import { createSite, type Site } from "../fakes/site.ts";
import type { Random } from "../fuzz/random.ts";
import { History } from "./history.ts";
import type { QueueUnderTest } from "./queues.ts";
import { assertAtRest, untilAtRest } from "./rest.ts";
import { Supervisor } from "./supervisor.ts";

/** A site, its queue, functions that run, and what vmcatcher endorses. */
export interface Scene {
  readonly site: Site;
  readonly queue: QueueUnderTest;
  readonly functions: Supervisor;
  readonly history: History;
  /** Waits until no work is left. @throws Error with what happened and what was logged */
  untilAtRest(seconds?: number): Promise<void>;
  /** The administrator gives all images but the first an owner, a group and other permissions. */
  giveRights(): Promise<void>;
  /** Everything that must hold at rest, staging empty included. */
  assertInOrder(): Promise<void>;
  close(): Promise<void>;
}

/** @param options.groups what each process runs, one function by default; as for `Supervisor` */
export async function createScene(
  queue: QueueUnderTest,
  options: {
    readonly random: Random;
    readonly images: number;
    readonly groups?: readonly (readonly string[])[];
    readonly site?: Parameters<typeof createSite>[0];
    /** Done before anything runs. @returns what undoes it when nothing runs any more */
    readonly prepare?: (config: Config) => Promise<() => Promise<void>>;
  },
): Promise<Scene> {
  const site = await createSite({
    ...options.site,
    simulator: { copySeconds: 0.1, ...options.site?.simulator },
    env: { VMCATCHER_ONE_LEASE_SECONDS: "10", ...queue.env, ...options.site?.env },
  });
  const cleaning = new AsyncDisposableStack();
  cleaning.defer(() => queue.close());
  cleaning.defer(() => site.close());
  try {
    cleaning.defer((await options.prepare?.(site.config)) ?? (() => undefined));
  } catch (error) {
    await cleaning.disposeAsync();
    throw error;
  }
  const functions = new Supervisor(options.groups ?? ALL_FUNCTIONS.map((name) => [name]), site.env);
  cleaning.defer(() => functions.stop());
  const history = new History(site, options.random, options.images);
  const explained = async (check: Promise<void>): Promise<void> => {
    try {
      await check;
    } catch (error) {
      const told = `${history.told()}\n${functions.logs().slice(-LOG_CHARACTERS)}`;
      throw new Error(`${errorText(error)}\n${told}`, { cause: error });
    }
  };
  return {
    site,
    queue,
    functions,
    history,
    untilAtRest: (seconds) => explained(untilAtRest(site, queue, functions, seconds)),
    giveRights: () => giveRights(site, history),
    assertInOrder: () => explained(assertAtRest(site, queue, history.endorsements)),
    close: () => cleaning.disposeAsync(),
  };
}

const LOG_CHARACTERS = 20_000;

async function giveRights(site: Site, history: History): Promise<void> {
  const images = await site.images();
  const endorsements = history.endorsements.slice(1);
  const ids = endorsements.map(({ identifier }) => {
    const image = images.find(({ name }) => name === identifier);
    assert.ok(image);
    return image.id;
  });
  const rights = await giveToUser(site, ...ids);
  for (const endorsement of endorsements) {
    endorsement.rights = rights;
  }
}
