import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { FIRST_STEP, steps } from "../../functions/registry.ts";
import { rehearse } from "../../functions/explain/rehearse.ts";
import { CONFIRMED, STATE, SUPERSEDED_BY } from "../../functions/shared/lineage/attributes.ts";
import { createChain } from "../fakes/chain.ts";
import { attemptUntil } from "../register-image/attempt-until.ts";

describe("a rehearsal", () => {
  it("tells that an expiry which is taken back takes its mark off", async (t) => {
    const { chain, markExpired, rehearseRegistration } = await liveImage(t);
    const expired = chain.expired();
    await markExpired([
      [SUPERSEDED_BY, expired.id],
      [CONFIRMED, chain.available().eventTime],
    ]);
    const { calls } = await rehearseRegistration({ job: expired, unchanged: false });
    assert.deepEqual(
      calls.map(({ why }) => why),
      ["not retired after all: the mark is taken off"],
    );
  });

  it("does not wait for another job: it says that the job would", async (t) => {
    const { chain, made, markExpired, rehearseRegistration } = await liveImage(t);
    await markExpired([[SUPERSEDED_BY, "another job"]]);
    const job = chain.available({ digest: made.digest });
    const { end, calls } = await rehearseRegistration({ job, unchanged: true });
    assert.deepEqual([end.outcome, end.function], ["retry", "register-image"]);
    assert.match(end.text ?? "", /would wait/);
    assert.deepEqual(
      calls.map(({ method }) => method),
      ["one.image.update"],
    );
  });

  it("nor for another update, whose image was there first", async (t) => {
    const { chain, rehearseRegistration } = await liveImage(t);
    await attemptUntil(chain, chain.available(), "rename");
    const path = join(chain.site.config.stagingDirectory, "converted.raw");
    await writeFile(path, "disk");
    const { end, calls } = await rehearseRegistration({
      job: chain.available(),
      unchanged: false,
      artifact: { path, format: "raw", sizeBytes: 4, virtualSizeBytes: 4 },
    });
    assert.deepEqual([end.outcome, end.function], ["retry", "register-image"]);
    assert.match(end.text ?? "", /would wait/);
    assert.deepEqual(
      calls.map(({ method }) => method),
      ["one.image.allocate"],
    );
  });
});

/** An identifier with a live image, and what can be done to it. */
async function liveImage(t: TestContext) {
  const chain = await createChain();
  t.after(() => chain.site.close());
  const made = chain.available();
  await chain.pass(made);
  const live = await chain.image();
  const { config, opennebula, endorsement } = chain.deps;
  return {
    chain,
    made,
    markExpired: (mark: readonly (readonly [string, string])[]) =>
      chain.site.oneadmin.append(
        live.id,
        new Map([[STATE, "expired"], ...mark]),
        AbortSignal.timeout(10_000),
      ),
    rehearseRegistration: (message: Parameters<typeof rehearse>[1]) =>
      rehearse(
        "register-image",
        message,
        {
          chain: { steps, firstStep: FIRST_STEP, foreseen: {} },
          config,
          opennebula,
          endorsement,
          full: false,
        },
        AbortSignal.timeout(10_000),
      ),
  };
}
