import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";
import { handle as capture } from "../../functions/capture-metadata/handler.ts";
import type { AvailableJob } from "../../functions/job/job.ts";
import { handle as convert } from "../../functions/convert-image/handler.ts";
import { handle as register } from "../../functions/register-image/handler.ts";
import type { Message as RegisterMessage } from "../../functions/register-image/message.ts";
import { handle as restore } from "../../functions/restore-permissions/handler.ts";
import type { Deps } from "../../functions/shared/step/deps.ts";
import { RetryLater, StartOver } from "../../functions/shared/step/errors.ts";
import { createChain } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { before } from "../fakes/meanwhile.ts";
import { sha512Digest } from "../../functions/job/digest.ts";
import { bootSector } from "../shared/disk/boot-sector.ts";

const MIB = 2 ** 20;

describe("a datastore whose directory is written directly", () => {
  const chain = forEachTest(createChain);
  let deps: Deps;
  /** Of datastore 1, the default one. */
  let directory: string;
  beforeEach(async () => {
    const location = join(chain.site.directory, "datastores");
    directory = join(location, "1");
    await mkdir(directory, { recursive: true });
    deps = { ...chain.deps, config: { ...chain.deps.config, datastoreLocation: location } };
  });

  const signal = () => AbortSignal.timeout(20_000);
  const inDatastore = async () => (await readdir(directory)).sort();
  const cutOff = () => before(deps, "allocate", () => Promise.reject(new Error("cut off")));
  const staged = async () => (await readdir(deps.config.stagingDirectory)).sort();

  /** An event for a raw image of somewhat more than 2 MiB, pinned. */
  async function announced(): Promise<{ readonly job: AvailableJob; readonly content: Buffer }> {
    const content = randomBytes(2 * MIB + 512);
    bootSector("", { start: 1, sectors: 1 }).copy(content); // a disk, of which there is nothing to note
    const digest = sha512Digest(createHash("sha512").update(content).digest("hex"));
    const job = chain.available({ digest });
    await writeFile(job.source.path, content);
    return { job, content };
  }

  async function converted(job: AvailableJob): Promise<RegisterMessage> {
    return await convert(await capture({ job }, deps, signal()), deps, signal());
  }

  async function pass(job: AvailableJob): Promise<void> {
    await restore(await register(await converted(job), deps, signal()), deps, signal());
  }

  it("gets the disk itself: OpenNebula copies nothing, and has it at once", async () => {
    const { job, content } = await announced();
    await pass(job);
    const live = await chain.image();
    assert.deepEqual(
      [live.state, live.sizeMb, live.datastoreId, live.uid, live.mode],
      ["READY", 3, 1, 0, "600"],
    );
    const source = chain.site.simulator.sourceOf(live.id);
    assert.equal(source, live.source);
    assert.match(source, /\/1\/[0-9a-f]{32}$/, "named as OpenNebula's driver names its files");
    assert.ok((await readFile(source)).equals(content));
    assert.deepEqual(await inDatastore(), [source.slice(-32)], "and no other name of ours is left");
    assert.deepEqual(await staged(), []);
  });

  it("gets a file of the mode and group that OpenNebula's driver would give it", async () => {
    const { job } = await announced();
    await pass(job);
    const { mode, gid, nlink } = await stat((await chain.image()).source);
    assert.equal(mode & 0o777, 0o660);
    assert.equal(gid, (await stat(directory)).gid);
    assert.equal(nlink, 1);
  });

  it("loses the file when OpenNebula deletes the image", async () => {
    const { job } = await announced();
    await pass(job);
    const id = (await chain.image()).id;
    await chain.site.oneadmin.delete(id, false, signal());
    await chain.site.simulator.waitFor(() => chain.site.simulator.images().length === 0);
    assert.deepEqual(await inDatastore(), []);
  });

  it("holds one image and one file, whatever attempt was cut off after which step", async () => {
    const { job } = await announced();
    const first = await converted(job);
    await assert.rejects(register(first, cutOff(), signal()), /cut off/);
    assert.equal((await inDatastore()).length, 2, "two names of one disk");
    const again = await converted(job);
    assert.deepEqual(again, first, "the finished disk is used again");
    chain.site.simulator.inject({ method: "one.image.allocate", fault: { kind: "lose-answer" } });
    await assert.rejects(register(again, deps, signal()));
    const registered = await register(await converted(job), deps, signal());
    await register(first, deps, signal());
    await restore(registered, deps, signal());
    const images = await chain.site.images();
    assert.deepEqual(
      images.map(({ state }) => state),
      ["READY"],
    );
    assert.deepEqual(await inDatastore(), [images[0]?.source.slice(-32)]);
  });

  it("is left clean by an event that a newer one overtakes", async () => {
    const { job: older } = await announced();
    const { job: newer } = await announced();
    const message = await converted(older);
    await assert.rejects(register(message, cutOff(), signal()), /cut off/);
    await pass(newer);
    await restore(await register(message, deps, signal()), deps, signal());
    assert.deepEqual(await inDatastore(), [(await chain.image()).source.slice(-32)]);
    assert.deepEqual(await staged(), []);
  });

  it("keeps the disk of an image that has become live and was superseded, when its event comes again", async () => {
    const { job: older } = await announced();
    const message = await converted(older);
    await pass(older);
    await chain.site.oneadmin.append(
      (await chain.image()).id,
      new Map([["VMCATCHER_ONE_JOB", "edited by somebody"]]),
      signal(),
    );
    await pass((await announced()).job);
    await restore(await register(message, deps, signal()), deps, signal());
    const images = await chain.site.images();
    assert.equal(images.length, 2);
    for (const { source } of images) {
      assert.ok((await stat(source)).isFile());
    }
  });

  it("is not believed about where it lies", async () => {
    const { job } = await announced();
    const elsewhere = join(chain.site.directory, "elsewhere");
    await mkdir(join(elsewhere, "1"), { recursive: true });
    const config = { ...deps.config, datastoreLocation: elsewhere };
    await assert.rejects(
      convert({ job, unchanged: false }, { ...deps, config }, signal()),
      (error) => {
        assert.ok(error instanceof RetryLater);
        assert.match(error.message, /: set VMCATCHER_ONE_DATASTORE_LOCATION to/);
        return true;
      },
    );
    assert.deepEqual(await inDatastore(), []);
  });

  it("waits for its administrator when there is no directory to write", async () => {
    const { job } = await announced();
    await rm(directory, { recursive: true });
    await assert.rejects(converted(job), RetryLater);
  });

  it("is left to OpenNebula when it is no directory", async () => {
    const { job } = await announced();
    const ceph = async () =>
      (await chain.deps.opennebula.datastores(signal())).map((one) => ({ ...one, driver: "ceph" }));
    const message = await convert(
      { job, unchanged: false },
      { ...deps, opennebula: { datastores: ceph } },
      signal(),
    );
    assert.equal(message.artifact?.path, job.source.path);
    assert.equal(message.artifact?.datastoreId, undefined);
  });

  it("starts an event again when the setting was taken back meanwhile", async () => {
    const { job } = await announced();
    const message = await converted(job);
    await assert.rejects(register(message, chain.deps, signal()), StartOver);
    assert.deepEqual(await chain.site.images(), []);
  });
});
