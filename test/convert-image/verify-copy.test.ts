import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { test } from "node:test";
import { withSha1 } from "../../functions/convert-image/with-sha1.ts";
import { handle as register } from "../../functions/register-image/handler.ts";
import type { Message } from "../../functions/register-image/message.ts";
import { GiveUp } from "../../functions/shared/step/errors.ts";
import { createChain, type Chain } from "../fakes/chain.ts";
import { convert, digestOf, pinned, Site } from "./site.ts";

const VERIFYING = { VMCATCHER_ONE_VERIFY_COPY: "sha1" };

for (const [what, sample] of [
  ["a disk that was converted", "good/plain.vmdk"],
  ["a pin that is the disk itself", "good/plain.raw"],
] as const) {
  test(`${what} comes with its SHA1 where OpenNebula is to verify its copy, also when it was finished before`, async () => {
    await using site = await Site.create(VERIFYING);
    const job = await pinned(site, sample);
    const { artifact } = await convert(job, site);
    assert.equal(artifact?.sha1, await digestOf(artifact?.path ?? "", "sha1"));
    assert.deepEqual((await convert(job, site)).artifact, artifact);
  });

  test(`${what} comes without one by default`, async () => {
    await using site = await Site.create();
    const { artifact } = await convert(await pinned(site, sample), site);
    assert.ok(artifact);
    assert.equal(artifact.sha1, undefined);
  });
}

test("a disk in the datastore itself comes without one: nothing is copied", async () => {
  const location = { VMCATCHER_ONE_DATASTORE_LOCATION: "/var/lib/one/datastores" };
  await using site = await Site.create({ ...VERIFYING, ...location });
  const artifact = {
    path: "/var/lib/one/datastores/1/disk.raw",
    format: "raw",
    sizeBytes: 512,
    virtualSizeBytes: 512,
    datastoreId: 1,
    warnings: [],
  } as const;
  assert.deepEqual(await withSha1(artifact, site.config, AbortSignal.timeout(1000)), artifact);
});

/** An announced raw image that has been converted. */
async function converted(chain: Chain): Promise<Message> {
  const { source, ...job } = chain.available();
  const { digest } = await pinned({ pin: source.path }, "good/plain.raw");
  return await convert({ ...job, source, digest }, { deps: chain.deps });
}

test("OpenNebula takes a copy with the right SHA1, and another one is told as a failed copy, with what to do", async (t) => {
  const chain = await createChain({ env: VERIFYING });
  t.after(() => chain.site.close());
  const signal = AbortSignal.timeout(20_000);
  const wrong = await converted(chain);
  await appendFile(wrong.artifact?.path ?? "", "x");
  await assert.rejects(register(wrong, chain.deps, signal), (error) => {
    assert.ok(error instanceof GiveUp);
    assert.equal(error.code, "copy-failed");
    assert.match(error.message, new RegExp(`SHA1 of the file, ${wrong.artifact?.sha1}`));
    return true;
  });

  const right = await converted(chain);
  assert.equal((await register(right, chain.deps, signal)).outcome.kind, "registered");
  assert.equal((await chain.site.images()).length, 1);
});
