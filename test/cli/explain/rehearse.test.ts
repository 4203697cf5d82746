import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rehearse } from "../../../functions/cli/explain/rehearse.ts";
import { CONFIRMED, STATE, SUPERSEDED_BY } from "../../../functions/shared/lineage/attributes.ts";
import { createChain } from "../../fakes/chain.ts";

describe("a rehearsal", () => {
  it("tells that an expiry which is taken back takes its mark off", async (t) => {
    const chain = await createChain();
    t.after(() => chain.site.close());
    const made = chain.available();
    await chain.pass(made);
    const live = await chain.live();
    assert.ok(live);
    const expired = chain.expired();
    const mark = new Map([
      [STATE, "expired"],
      [SUPERSEDED_BY, expired.id],
      [CONFIRMED, chain.available().eventTime],
    ]);
    await chain.site.oneadmin.append(live.id, mark, AbortSignal.timeout(10_000));
    const { calls } = await rehearse(
      "register-image",
      { job: expired, unchanged: false },
      { config: chain.deps.config, opennebula: chain.deps.opennebula, full: false },
      AbortSignal.timeout(10_000),
    );
    assert.deepEqual(
      calls.map(({ why }) => why),
      ["not retired after all: the mark is taken off"],
    );
  });

  it("does not wait for another job: it says that the job would", async (t) => {
    const chain = await createChain();
    t.after(() => chain.site.close());
    const made = chain.available();
    await chain.pass(made);
    const live = await chain.live();
    assert.ok(live);
    const mark = new Map([
      [STATE, "expired"],
      [SUPERSEDED_BY, "another job"],
    ]);
    await chain.site.oneadmin.append(live.id, mark, AbortSignal.timeout(10_000));
    const { end, calls } = await rehearse(
      "register-image",
      { job: chain.available({ sha512: made.sha512 }), unchanged: true },
      { config: chain.deps.config, opennebula: chain.deps.opennebula, full: false },
      AbortSignal.timeout(10_000),
    );
    assert.deepEqual([end.outcome, end.function], ["retry", "register-image"]);
    assert.match(end.text ?? "", /would wait/);
    assert.deepEqual(
      calls.map(({ method }) => method),
      ["one.image.update"],
    );
  });
});
