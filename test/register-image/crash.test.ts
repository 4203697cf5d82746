import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Deps } from "../../functions/shared/step/deps.ts";
import { RpcTransportError } from "../../functions/shared/opennebula/rpc-errors.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import type { Image, OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain, IDENTIFIER, type Chain } from "../fakes/chain.ts";
import { LOCKED_AWAY, rightsOf } from "../fakes/rights.ts";

/** What a call that changes something is cut off with: the caller learns nothing, whether it had its effect or not. */
type Cut = "before its effect" | "after its effect";

/** An OpenNebula that is cut off at its `nth` changing call (from 0), as by a crash or a lost answer. */
function cutAt(
  opennebula: OpenNebula,
  nth: number,
  cut: Cut,
): { readonly opennebula: OpenNebula; readonly wasCut: () => boolean } {
  let changes = 0;
  let done = false;
  const changing = new Set(["allocate", "rename", "chown", "chmod", "enable", "append", "delete"]);
  const proxy = new Proxy(opennebula, {
    get: (target, name, receiver) => {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== "function" || !changing.has(String(name))) {
        return method;
      }
      return async (...args: unknown[]) => {
        const hit = changes++ === nth;
        if (hit && cut === "before its effect") {
          done = true;
          throw new RpcTransportError(String(name), "cut off");
        }
        const answer: unknown = await Reflect.apply(method, target, args);
        if (hit) {
          done = true;
          throw new RpcTransportError(String(name), "cut off");
        }
        return answer;
      };
    },
  });
  return { opennebula: proxy, wasCut: () => done };
}

/** What an administrator has given to a user and disabled since. */
async function publishedAndDisabled(chain: Chain): Promise<Image> {
  const { id } = await chain.publishedAndGiven();
  await chain.site.oneadmin.enable(id, false, AbortSignal.timeout(10_000));
  return await chain.image(id);
}

async function withChain(t: TestContext): Promise<Chain> {
  const chain = await createChain();
  t.after(() => chain.site.close());
  return chain;
}

describe("an update that is cut off at any call and delivered again", () => {
  for (const cut of ["before its effect", "after its effect"] as const) {
    it(`S3b: ends in the same state, wherever it was cut off ${cut}`, async (t) => {
      for (let nth = 0; ; nth++) {
        const chain = await withChain(t);
        const first = await publishedAndDisabled(chain);
        const job = chain.available();
        const cutting = cutAt(chain.deps.opennebula, nth, cut);
        const deps: Deps = { ...chain.deps, opennebula: cutting.opennebula };
        await chain.pass(job, deps).catch(() => undefined);
        await eventually(() => chain.pass(job));
        await eventually(() => chain.pass(job)); // and once more: a repeated message changes nothing

        const images = await chain.site.images();
        const label = `cut off at changing call ${nth} ${cut}`;
        const live = images.find(({ name }) => name === IDENTIFIER);
        assert.ok(live, label);
        assert.notEqual(live.id, first.id, label);
        assert.deepEqual(rightsOf(live), rightsOf(first), label);
        assert.equal(live.attributes.get(STATE), "live", label);
        const old = images.find(({ id }) => id === first.id);
        assert.ok(old, label);
        assert.deepEqual(rightsOf(old), LOCKED_AWAY, label);
        assert.equal(images.length, 2, `${label}: nothing else is left`);
        if (!cutting.wasCut()) {
          assert.ok(nth > 8, "the update makes that many calls");
          return;
        }
      }
    });
  }

  it("leaves a usable image at every point but between the two renames", async (t) => {
    let without = 0;
    for (let nth = 0; ; nth++) {
      const chain = await withChain(t);
      await publishedAndDisabled(chain);
      const cutting = cutAt(chain.deps.opennebula, nth, "after its effect");
      await chain
        .pass(chain.available(), { ...chain.deps, opennebula: cutting.opennebula })
        .catch(() => undefined);
      without += (await chain.live()) === undefined ? 1 : 0;
      if (!cutting.wasCut()) {
        break;
      }
    }
    assert.equal(without, 1);
  });
});

describe("an expiry that is cut off at any call and delivered again", () => {
  it("ends in the same state, and a new subscription gets the rights back", async (t) => {
    for (let nth = 0; ; nth++) {
      const chain = await withChain(t);
      const first = await publishedAndDisabled(chain);
      const job = chain.expired();
      const cutting = cutAt(chain.deps.opennebula, nth, "after its effect");
      await chain
        .pass(job, { ...chain.deps, opennebula: cutting.opennebula })
        .catch(() => undefined);
      await eventually(() => chain.pass(job));
      assert.deepEqual(rightsOf(await chain.image(first.id)), LOCKED_AWAY, `call ${nth}`);
      assert.equal(await chain.live(), undefined);

      await chain.pass(chain.available());
      assert.deepEqual(rightsOf(await chain.image()), rightsOf(first), `call ${nth}`);
      if (!cutting.wasCut()) {
        return;
      }
    }
  });
});

/** What the worker does with a transient failure, without its pauses. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 40) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
