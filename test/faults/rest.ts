import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { steps } from "../../functions/registry.ts";
import { IDENTIFIER } from "../../functions/job/identifier.ts";
import { JOB, STATE } from "../../functions/shared/lineage/attributes.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { errorText } from "../../functions/shared/log/error-text.ts";
import type { Queues } from "../../functions/shared/queue/queue.ts";
import type { Site } from "../fakes/site.ts";
import type { Endorsement } from "./history.ts";
import type { QueueUnderTest } from "./queues.ts";
import type { Supervisor } from "./supervisor.ts";

/**
 * Waits until there is no work left: nothing in the spool, nothing in any queue.
 * @throws Error with what there still is, after `seconds`
 */
export async function untilAtRest(
  site: Site,
  queue: QueueUnderTest,
  functions: Pick<Supervisor, "assertRunning">,
  seconds = 120,
): Promise<void> {
  const queues = queue.open(site.config);
  try {
    for (const end = performance.now() + seconds * 1000; ; await sleep(POLL_MS)) {
      const left = await workLeft(site, queues);
      if (left.length === 0) {
        return;
      }
      functions.assertRunning();
      if (performance.now() > end) {
        throw new Error(`not at rest within ${seconds} s: ${left.join("; ")}`);
      }
    }
  } finally {
    await queues.close();
  }
}

/** What must be when there is no work left, whatever went wrong before. */
export async function assertAtRest(
  site: Site,
  queue: QueueUnderTest,
  endorsements: readonly Endorsement[],
): Promise<void> {
  assert.deepEqual(await deadLetters(site, queue), [], "no dead letter");
  const images = await site.images();
  const table = images
    .map(({ id, name, uname, mode, state }) => `${id} ${name} ${uname} ${mode} ${state}`)
    .join("\n");
  for (const endorsement of endorsements) {
    await assertEndorsed(endorsement, images, site).catch((error: unknown) => {
      throw new Error(`${endorsement.identifier}: ${errorText(error)}\n${table}`, { cause: error });
    });
  }
  const jobs = images.flatMap(({ attributes }) => attributes.get(JOB) ?? []);
  assert.equal(new Set(jobs).size, jobs.length, `no job has made two images\n${table}`);
  assert.deepEqual(await readdir(join(site.config.spoolDirectory, "bad")), [], "no bad entry");
  assert.deepEqual(
    await readdir(join(site.config.spoolDirectory, "tmp")),
    [],
    "nothing half-written",
  );
  assert.deepEqual(await readdir(site.config.stagingDirectory), [], "nothing in staging");
}

async function assertEndorsed(
  { identifier, diskSha256, rights }: Endorsement,
  images: readonly Image[],
  site: Site,
): Promise<void> {
  const lineage = images.filter(({ attributes }) => attributes.get(IDENTIFIER) === identifier);
  const named = images.filter(({ name }) => name === identifier);
  assert.equal(named.length, diskSha256 === undefined ? 0 : 1, "images of its NAME");
  const [live] = named;
  if (live !== undefined) {
    assert.equal(await site.diskSha256(live.id), diskSha256, "its content");
    assert.equal(live.attributes.get(STATE), "live");
    assert.equal(live.state, "READY");
    const { uid, gid, mode } = live;
    assert.deepEqual({ uid, gid, mode }, rights ?? { uid: 0, gid: 0, mode: "600" }, "its rights");
  }
  for (const old of lineage.filter(({ id }) => id !== live?.id)) {
    const { uid, gid, mode, state } = old;
    assert.match(old.attributes.get(STATE) ?? "", /^(superseded|expired)$/, `state of ${old.id}`);
    assert.deepEqual(
      { uid, gid, mode, state },
      { uid: 0, gid: 0, mode: "700", state: "DISABLED" },
      `image ${old.id} is put away`,
    );
    assert.match(old.name, new RegExp(`^${identifier}[_ ]\\d{4}-`), "its name");
  }
}

/** The reasons of all dead letters. */
export async function deadLetters(site: Site, queue: QueueUnderTest): Promise<readonly string[]> {
  const queues = queue.open(site.config);
  try {
    const letters = await Promise.all(
      Object.keys(steps).map(async (name) => {
        const found = await (await queues.open(name)).deadLetters(DEAD_LETTERS);
        return found.map(({ reason }) => `${name}: ${reason?.code} ${reason?.text}`);
      }),
    );
    return letters.flat();
  } finally {
    await queues.close();
  }
}

const POLL_MS = 100;
const DEAD_LETTERS = 100;

/** Looks in the order in which work moves, so that what moves on meanwhile is met; once more for what starts over. */
async function workLeft(site: Site, queues: Queues): Promise<readonly string[]> {
  const left: string[] = [];
  for (const _look of ["first", "second"]) {
    const entries = await readdir(join(site.config.spoolDirectory, "new")).catch(() => []);
    left.push(...entries.map((name) => `spool: ${name}`));
    for (const name of Object.keys(steps)) {
      const { waiting, inFlight } = await (await queues.open(name)).depth();
      if (waiting + inFlight > 0) {
        left.push(`${name}: ${waiting} waiting, ${inFlight} in flight`);
      }
    }
  }
  return left;
}
