import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { WARNINGS } from "../../functions/shared/lineage/attributes.ts";
import { createChain, type Chain } from "../fakes/chain.ts";
import { attemptUntil } from "./attempt-until.ts";

const CODES = ["ovf-size", "unrecognised"];

describe("what is unusual about an image's file", () => {
  let chain: Chain;
  beforeEach(async () => {
    chain = await createChain();
  });
  afterEach(() => chain.site.close());

  const allocated = () =>
    chain.site.simulator
      .calls()
      .filter(({ method }) => method === "one.image.allocate")
      .map(({ args }) => String(args[0]));
  const noted = async (id?: number) => (await chain.image(id)).attributes.get(WARNINGS);

  it("is told to OpenNebula with the call that makes the image, by its codes", async () => {
    await chain.pass(chain.available(), chain.deps, CODES);
    assert.match(
      allocated().join(),
      /<VMCATCHER_ONE_WARNINGS>ovf-size unrecognised<\/VMCATCHER_ONE_WARNINGS>/,
    );
    assert.equal(await noted(), "ovf-size unrecognised");
  });

  it("makes no attribute when there is nothing", async () => {
    await chain.pass(chain.available());
    assert.equal(allocated().length, 1);
    assert.doesNotMatch(allocated().join(), /WARNINGS/);
    assert.equal(await noted(), undefined);
  });

  it("stays with the version that was made of it, and the next one starts without", async () => {
    await chain.pass(chain.available(), chain.deps, CODES);
    const { id } = await chain.image();
    await chain.pass(chain.available());
    assert.equal(await noted(), undefined);
    assert.equal(await noted(id), "ovf-size unrecognised");
  });

  it("stays when the same content is announced once more", async () => {
    const job = chain.available();
    await chain.pass(job, chain.deps, CODES);
    await chain.pass(chain.available({ digest: job.digest }));
    assert.equal(await noted(), "ovf-size unrecognised");
  });

  it("is there also when another attempt finishes what the first one has begun", async () => {
    const job = chain.available();
    await attemptUntil(chain, job, "rename", 0, CODES);
    await chain.pass(job);
    assert.equal(allocated().length, 1);
    assert.equal(await noted(), "ovf-size unrecognised");
  });
});
