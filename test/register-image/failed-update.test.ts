import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { handle } from "../../functions/register-image/handler.ts";
import { GiveUp, RetryLater, StartOver } from "../../functions/shared/step/errors.ts";
import { JOB } from "../../functions/shared/lineage/attributes.ts";
import { createChain, IDENTIFIER } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { rightsOf } from "../fakes/rights.ts";

describe("an update that fails", () => {
  const chain = forEachTest(() =>
    createChain({
      simulator: { copySeconds: 0.05 },
      env: { VMCATCHER_ONE_COPY_TIMEOUT_SECONDS: "1" },
    }),
  );

  const signal = () => AbortSignal.timeout(10_000);
  /** Somebody gives the identifier's NAME to an image of oneadmin. @returns its id */
  const takeName = async (attributes: ReadonlyMap<string, string>): Promise<number> => {
    const path = join(chain.site.config.stagingDirectory, "foreign.raw");
    await writeFile(path, "foreign", { mode: 0o644 });
    const foreign = { name: IDENTIFIER, path, datastoreId: 1, attributes };
    return await chain.site.oneadmin.allocate(foreign, signal());
  };
  const registerFile = (path: string) => {
    const artifact = {
      path,
      format: "raw",
      sizeBytes: 1,
      virtualSizeBytes: 1,
      warnings: [],
    } as const;
    return handle({ job: chain.available(), unchanged: false, artifact }, chain.deps, signal());
  };

  it("S3: when the new image cannot be made, the old one is untouched and the failure is told", async () => {
    const old = await chain.publishedAndGiven();
    chain.site.simulator.inject({
      method: "one.image.allocate",
      fault: { kind: "error", code: 16_384, text: "Internal" },
    });
    await assert.rejects(chain.pass(chain.available()), /Internal/);
    assert.deepEqual(await chain.image(), old);
  });

  it("S6: a failed first registration is an error, and a retry registers the image", async () => {
    const job = chain.available();
    chain.site.simulator.inject({ method: "one.image.allocate", fault: { kind: "reset" } });
    await assert.rejects(chain.pass(job));
    await chain.pass(job);
    assert.equal((await chain.image()).attributes.get(JOB), job.id);
  });

  it("S13: while OpenNebula is down the event fails as an outage and succeeds afterwards", async () => {
    const job = chain.available();
    await chain.site.simulator.stop();
    await assert.rejects(chain.pass(job), { name: "RpcTransportError" });
    await chain.site.simulator.start();
    await chain.pass(job);
    await chain.image();
  });

  it("R1: an image that OpenNebula fails to copy is deleted, the reason is told, and the old one stays", async () => {
    const old = await chain.publishedAndGiven();
    const unsafe = {
      ...chain.deps.config,
      stagingDirectory: join(chain.site.directory, "elsewhere"),
    };
    await mkdir(unsafe.stagingDirectory);
    await assert.rejects(
      chain.pass(chain.available(), { ...chain.deps, config: unsafe }),
      (error) => {
        assert.ok(error instanceof GiveUp);
        assert.equal(error.code, "copy-failed");
        assert.match(error.message, /RESTRICTED_DIRS/);
        return true;
      },
    );
    assert.deepEqual(await chain.site.images(), [old]);
  });

  it("an image that stays LOCKED for ever is deleted when its time is over", async () => {
    const old = await chain.publishedAndGiven();
    const job = chain.available();
    chain.site.simulator.inject({ method: "one.image.allocate", fault: { kind: "lose-answer" } });
    await assert.rejects(chain.pass(job), { name: "RpcTransportError" });
    await chain.site.simulator.stop(); // a copy that oned's restart interrupts never ends
    await chain.site.simulator.start();
    const locked = await chain.site.images();
    assert.ok(locked.some(({ state }) => state === "LOCKED"));
    await assert.rejects(chain.pass(job), RetryLater);
    await chain.site.until("the locked image is gone", (images) => images.length === 1);
    assert.equal((await chain.image()).id, old.id);
  });

  it("S12: when the last rename is refused, the old image gets its name back", async () => {
    const old = await chain.publishedAndGiven();
    chain.site.simulator.inject({
      method: "one.image.rename",
      skip: 1,
      fault: {
        kind: "error",
        code: 2048,
        text: `image cannot be renamed to ${IDENTIFIER} because it collides with image 4711`,
      },
    });
    await assert.rejects(chain.pass(chain.available()), RetryLater);
    const image = await chain.image();
    assert.deepEqual(rightsOf(image), rightsOf(old));
    assert.equal(image.id, old.id);
  });

  it("S12: when the identifier's name is not free, nothing is done to the old image", async () => {
    const old = await chain.publishedAndGiven();
    const id = await takeName(new Map());
    await assert.rejects(
      chain.pass(chain.available()),
      (error) => error instanceof GiveUp && error.code === "name-taken",
    );
    assert.deepEqual(await chain.image(old.id), old);
    assert.ok(id > old.id);
  });

  it("two images of the identifier's name are told and not touched", async () => {
    const mine = await chain.publishedAndGiven();
    await takeName(new Map([["VMCATCHER_EVENT_DC_IDENTIFIER", IDENTIFIER]]));
    await assert.rejects(
      chain.pass(chain.available()),
      (error) => error instanceof GiveUp && error.code === "ambiguous-live-image",
    );
    assert.deepEqual(await chain.image(mine.id), mine);
  });

  it("a converted file that has gone from staging sends the job back to the first step", async () => {
    const path = join(chain.site.config.stagingDirectory, "gone.raw");
    await assert.rejects(registerFile(path), StartOver);
  });

  it("a converted file that cannot be looked at is tried again where it is: to start over would put the job behind newer ones", async () => {
    const file = join(chain.site.config.stagingDirectory, "file");
    await writeFile(file, "");
    await assert.rejects(registerFile(join(file, "is-no-directory.raw")), { code: "ENOTDIR" });
  });

  it("Bug: an image that was being deleted had the NAME, and the update was given up for it. Fix: waits for its end", async () => {
    const foreign = await takeName(new Map());
    const { opennebula } = chain.deps;
    const imagesOf: typeof opennebula.imagesOf = async (...call) =>
      (await opennebula.imagesOf(...call)).map((image) =>
        image.id === foreign ? { ...image, state: "DELETE" } : image,
      );
    const deps = { ...chain.deps, opennebula: { ...opennebula, imagesOf } };
    await assert.rejects(chain.pass(chain.available(), deps), RetryLater);
  });
});
