import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { createChain, IDENTIFIER } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { giveToUser, rightsOf } from "../fakes/rights.ts";
import { sha512Digest } from "../../functions/job/digest.ts";

describe("an image that the predecessor registered", () => {
  const chain = forEachTest(() =>
    createChain({
      env: { VMCATCHER_ONE_EXPIRED_NAME: "{identifier}_EXPIRED_{timestamp}" },
    }),
  );

  const signal = () => AbortSignal.timeout(10_000);

  /** As version 0.0.8 leaves it: vmcatcher's attributes and nothing of ours. */
  async function register(name: string, sha512: string): Promise<number> {
    const directory = join(chain.site.config.home, "cache");
    await mkdir(directory, { recursive: true });
    const path = join(directory, name.replaceAll(/\W/g, "_"));
    await writeFile(path, name, { mode: 0o644 });
    const attributes = new Map([
      ["VMCATCHER_EVENT_DC_IDENTIFIER", IDENTIFIER],
      ["VMCATCHER_EVENT_SL_CHECKSUM_SHA512", sha512],
      ["VMCATCHER_EVENT_DC_DESCRIPTION", "None"],
    ]);
    const id = await chain.site.oneadmin.allocate(
      { name, path, datastoreId: 1, attributes },
      signal(),
    );
    await chain.site.until("it is copied", (images) =>
      images.some((image) => image.id === id && image.state === "READY"),
    );
    return id;
  }

  it("is updated with its rights kept", async () => {
    const id = await register(IDENTIFIER, "a".repeat(128));
    const given = await giveToUser(chain.site, id);
    await chain.pass(chain.available());
    const image = await chain.image();
    assert.notEqual(image.id, id);
    assert.deepEqual(rightsOf(image), { ...given, state: "READY" });
  });

  it("S10: is found though the pool lists an expired one of the predecessor after it", async () => {
    const expired = await register(
      `${IDENTIFIER}_EXPIRED_2026-11-22_09-17-27_+0100-CET`,
      "a".repeat(128),
    );
    await chain.site.oneadmin.chmod(expired, "700", signal());
    await chain.site.oneadmin.enable(expired, false, signal());
    const current = await register(IDENTIFIER, "b".repeat(128));
    const given = await giveToUser(chain.site, current);
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), { ...given, state: "READY" });
    const untouched = await chain.image(expired);
    assert.equal(untouched.name, `${IDENTIFIER}_EXPIRED_2026-11-22_09-17-27_+0100-CET`);
  });

  it("S11: is kept when the same content is announced again, and adopted", async () => {
    const id = await register(IDENTIFIER, "C".repeat(128));
    await giveToUser(chain.site, id);
    assert.equal(
      (await chain.pass(chain.available({ digest: sha512Digest("c".repeat(128)) }))).kind,
      "unchanged",
    );
    const image = await chain.image();
    assert.equal(image.id, id);
    assert.equal(image.attributes.get(STATE), "live");
    assert.equal(
      image.attributes.get("VMCATCHER_EVENT_DC_DESCRIPTION"),
      "None",
      "what was there stays",
    );
  });

  it("S9: was expired by the predecessor, who forgot its rights: a new subscription starts afresh", async () => {
    const expired = await register(
      `${IDENTIFIER}_EXPIRED_2026-11-22_09-17-27_+0100-CET`,
      "a".repeat(128),
    );
    await chain.site.oneadmin.chmod(expired, "700", signal());
    await chain.site.oneadmin.enable(expired, false, signal());
    await chain.pass(chain.available());
    const image = await chain.image();
    assert.deepEqual([image.uid, image.mode, image.state], [0, "600", "READY"]);
  });

  it("expires under the name that the predecessor would have given it, when set so", async () => {
    const id = await register(IDENTIFIER, "a".repeat(128));
    await giveToUser(chain.site, id);
    await chain.pass(chain.expired());
    const { name } = await chain.image(id);
    assert.match(name, new RegExp(`^${IDENTIFIER}_EXPIRED_\\d{4}-\\d\\d-\\d\\d_`));
  });
});
