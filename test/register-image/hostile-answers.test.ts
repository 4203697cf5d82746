import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { beforeEach, describe, it } from "node:test";
import { RpcFault, RpcTransportError } from "../../functions/shared/opennebula/rpc-errors.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";

describe("what OpenNebula answers", () => {
  const chain = forEachTest(createChain);
  let old: Image;
  beforeEach(async () => {
    await chain.pass(chain.available());
    old = await chain.image();
  });

  it("S4: an error text is never run, only told", async () => {
    const before = await readdir(".");
    const text = "Error: x; touch PWNED; $(touch PWNED) `touch PWNED`";
    const fault = { kind: "error", code: 8192, text } as const;
    chain.site.simulator.inject({ method: "one.image.allocate", fault });
    await assert.rejects(
      chain.pass(chain.available()),
      (error) => error instanceof RpcFault && error.message.endsWith(text),
    );
    assert.deepEqual(await readdir("."), before);
    assert.deepEqual(await chain.image(), old);
  });

  for (const method of ["one.imagepool.info", "one.image.allocate", "one.image.info"]) {
    it(`S5, S5b: something else than an answer to ${method} is an outage, never an id or a list`, async () => {
      chain.site.simulator.inject({ method, fault: { kind: "not-xml" } });
      const job = chain.available();
      await assert.rejects(chain.pass(job), RpcTransportError);
      assert.deepEqual(await chain.image(old.id), old);
      await chain.site.until("no copy runs", (all) => all.every(({ state }) => state !== "LOCKED"));
      await chain.pass(job);
      assert.notEqual((await chain.image()).id, old.id);
      assert.equal((await chain.site.images()).length, 2, "one new image, whatever was lost");
    });
  }
});
