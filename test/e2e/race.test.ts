import assert from "node:assert/strict";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { runProcess } from "./processes.ts";

const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";

async function createRunningSite(t: TestContext, copySeconds: number): Promise<Site> {
  const site = await createSite({ simulator: { copySeconds } });
  const functions = runProcess([], site.env);
  t.after(async () => {
    await functions.stop();
    await site.close();
  });
  return site;
}

async function publish(site: Site, version: string): Promise<{ readonly diskSha256: string }> {
  const raw = await site.endorseRaw(IDENTIFIER, version);
  await site.vmcatcher.run();
  return raw;
}

async function contentOfLive(site: Site): Promise<string> {
  const images = await site.until("it is live", (all) =>
    all.some(({ name, attributes }) => name === IDENTIFIER && attributes.get(STATE) === "live"),
  );
  return site.diskSha256(images.find(({ name }) => name === IDENTIFIER)?.id ?? -1);
}

describe("while OpenNebula copies", () => {
  it("R2: vmcatcher may delete and replace the file, the announced version is registered", async (t) => {
    const site = await createRunningSite(t, 1);
    const { diskSha256 } = await publish(site, "1");
    await site.until("it is being copied", (all) => all.some(({ state }) => state === "LOCKED"));
    const cached = join(site.vmcatcher.cacheDirectory, IDENTIFIER);
    await rm(cached);
    await writeFile(cached, "another version");
    assert.equal(await contentOfLive(site), diskSha256);
  });

  it("R2: a version that is announced meanwhile wins", async (t) => {
    const site = await createRunningSite(t, 0.5);
    await publish(site, "1");
    await site.until("it is being copied", (all) => all.some(({ state }) => state === "LOCKED"));
    const { diskSha256 } = await publish(site, "2");
    await site.until("the second one is live", (all) =>
      all.some(
        ({ name, attributes }) =>
          name === IDENTIFIER && attributes.get("VMCATCHER_EVENT_HV_VERSION") === "2",
      ),
    );
    assert.equal(await contentOfLive(site), diskSha256);
  });
});

describe("while nothing of vmcatcher-one runs", () => {
  it("B1: vmcatcher's run ends at once and its events are kept", async () => {
    const site = await createSite();
    try {
      await publish(site, "1");
      await publish(site, "2");
      const entries = await readdir(join(site.config.spoolDirectory, "new"));
      assert.equal(entries.length, 3, "available, expired, available");
    } finally {
      await site.close();
    }
  });
});
