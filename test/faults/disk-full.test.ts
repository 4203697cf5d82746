import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { execa } from "execa";
import { hookPath } from "../../functions/shared/spool/hook-path.ts";
import { ALL_FUNCTIONS } from "../../functions/cli/beside.ts";
import { steps } from "../../functions/registry.ts";
import { eventVariables } from "../fakes/vmcatcher/events.ts";
import { randomFrom } from "../fuzz/random.ts";
import { onlyInLongRuns, seed } from "./options.ts";
import { cleaningUpAfter } from "./cleaning.ts";
import { embeddedQueue, startElasticMqUnderTest, type QueueUnderTest } from "./queues.ts";
import { createScene, type Scene } from "./scene.ts";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";

const IMAGES = 3;

/** A scene with one directory of VMCATCHER_ONE_HOME on a disk of its own. */
async function createSmallScene(
  t: TestContext,
  directory: string,
  mebibytes: number,
  groups: readonly (readonly string[])[] = [ALL_FUNCTIONS],
): Promise<Scene & { readonly disk: SmallDisk }> {
  let disk: SmallDisk | undefined;
  const scene = await createScene(embeddedQueue, {
    random: randomFrom(seed),
    images: IMAGES,
    groups,
    prepare: async ({ home }) => {
      const mounted = await mountSmallDisk(join(home, directory), mebibytes);
      disk = mounted;
      return () => mounted.unmount();
    },
  });
  t.after(() => scene.close());
  assert.ok(disk);
  return { ...scene, disk };
}

async function untilLogged(scene: Scene, pattern: RegExp): Promise<void> {
  await scene.site.simulator.waitFor(
    () => pattern.test(scene.functions.logs()),
    `a log line like ${pattern.source}`,
    60_000,
  );
}

describe("a full disk", () => {
  it("in staging: conversions wait for room, the live images stay, and everything goes on by itself", async (t) => {
    const scene = await createSmallScene(t, "staging", 64);
    await scene.history.publishAll();
    await scene.untilAtRest();
    await scene.giveRights();
    const summary = async () =>
      (await scene.site.images()).map(({ id, name, uid, mode, state }) => [
        id,
        name,
        uid,
        mode,
        state,
      ]);
    const before = await summary();

    await scene.disk.fill();
    await scene.history.publishAll();
    await untilLogged(scene, /"level":"warn".*(no space|bytes free|ENOSPC)/);
    assert.deepEqual(await summary(), before, "nothing half-written is registered");
    await scene.disk.empty();
    await scene.untilAtRest();
    await scene.assertInOrder();
  });

  it("in the spool: the hook says that the event is not recorded, and leaves nothing behind", async (t) => {
    const scene = await createSmallScene(t, "spool", 1);
    await scene.history.publishAll();
    await scene.untilAtRest();
    await scene.disk.fill();
    const { exitCode, stderr } = await runHook(scene);
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /^vmcatcher-hook: AvailablePostfix of .* is NOT recorded: .*No space left on device/,
    );
    assert.deepEqual(await readdir(join(scene.site.config.spoolDirectory, "new")), []);
    assert.deepEqual(await readdir(join(scene.site.config.spoolDirectory, "tmp")), []);
    assert.deepEqual(await readdir(scene.site.config.stagingDirectory), [], "no pin");
    await scene.disk.empty();
    await scene.history.publishAll();
    await scene.untilAtRest();
    await scene.assertInOrder();
  });

  it("where the queue is: events stay in the spool, work in hand is not lost", async (t) => {
    const scene = await createSmallScene(t, "queue", 16);
    await scene.history.publishAll();
    await scene.untilAtRest();
    await scene.giveRights();

    await scene.history.publishAll();
    await untilInFlight(scene);
    await scene.disk.fill(); // while a worker has messages that it must acknowledge
    await scene.history.publishAll();
    await untilLogged(scene, /SQLITE_FULL|no space is left/);
    const waiting = await readdir(join(scene.site.config.spoolDirectory, "new"));
    t.diagnostic(`${waiting.length} events wait in the spool`);
    assert.ok(waiting.length > 0);
    await scene.disk.empty();
    await scene.untilAtRest();
    await scene.assertInOrder();
  });

  it("where the queue is, at the start: the functions wait for room", async (t) => {
    const scene = await createSmallScene(t, "queue", 16, []);
    await scene.disk.fill();
    await scene.history.publishAll();
    scene.functions.add(ALL_FUNCTIONS);
    await untilLogged(scene, /the queue cannot be used/);
    await scene.disk.empty();
    await scene.untilAtRest();
    await scene.assertInOrder();
  });
});

describe("a full disk of ElasticMQ", { skip: onlyInLongRuns }, () => {
  it("is survived: after its restart with room everything goes on", async (t) => {
    const cleaning = cleaningUpAfter(t);
    const dataDirectory = await mkdtemp(join(tmpdir(), "elasticmq-full-"));
    cleaning.defer(() => rm(dataDirectory, { recursive: true }));
    const disk = await mountSmallDisk(dataDirectory, 4);
    cleaning.defer(() => disk.unmount());
    const queue = await startElasticMqUnderTest({ dataDirectory });
    const random = randomFrom(seed);
    const scene = await createScene(queue, { random, images: IMAGES, groups: [ALL_FUNCTIONS] });
    cleaning.defer(() => scene.close());
    await scene.history.publishAll();
    await scene.untilAtRest();
    await scene.giveRights();
    await disk.fill();
    await scene.history.publishAll();
    await untilLogged(scene, /"level":"(warn|error)"/);
    t.diagnostic(
      scene.functions
        .logs()
        .match(/"level":"(?:warn|error)".*/)?.[0]
        .slice(0, 300) ?? "",
    );
    await disk.empty();
    await queue.kill();
    await scene.untilAtRest();
    await scene.assertInOrder();
  });
});

function runHook({ site, history }: Scene) {
  const [endorsement] = history.endorsements;
  const event = eventVariables(
    "AvailablePostfix",
    "a session",
    {
      identifier: endorsement?.identifier ?? "",
      file: "",
      title: "t",
      version: "9",
      sha512: "0".repeat(128),
      size: 1,
      list: "list",
    },
    endorsement?.identifier,
  );
  return execa(hookPath(), {
    extendEnv: false,
    reject: false,
    env: {
      PATH: "/usr/bin:/bin",
      VMCATCHER_ONE_HOME: site.config.home,
      VMCATCHER_CACHE_DIR_CACHE: site.vmcatcher.cacheDirectory,
      ...event,
    },
  });
}

async function untilInFlight({ site, queue }: Pick<Scene, "site"> & { queue: QueueUnderTest }) {
  const queues = queue.open(site.config);
  try {
    for (let look = 0; look < 1000; look++) {
      for (const name of Object.keys(steps)) {
        if ((await (await queues.open(name)).depth()).inFlight > 0) {
          return;
        }
      }
    }
    assert.fail("nothing is in flight");
  } finally {
    await queues.close();
  }
}
