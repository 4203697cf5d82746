import assert from "node:assert/strict";
import { link, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";
import type { Config } from "../../functions/shared/settings/config.ts";
import { sourcePath } from "../../functions/shared/datastore/direct-datastore.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { createHousehold } from "./household.ts";

describe("what is in a datastore whose directory is written directly", () => {
  const house = forEachTest(createHousehold);
  let directory: string;
  let config: Config;
  beforeEach(async () => {
    const datastoreLocation = join(house.site.directory, "datastores");
    directory = join(datastoreLocation, "1");
    await mkdir(directory, { recursive: true });
    config = { ...house.deps.config, datastoreLocation };
  });

  const inDatastore = async () => (await readdir(directory)).sort();

  /** A job that was cut off after its disk had both its names. */
  const entered = async () => {
    const job = house.available();
    const path = join(directory, `${job.id}.raw`);
    const source = sourcePath({ basePath: directory }, job.id);
    await writeFile(path, "disk");
    await writeFile(join(directory, `${job.id}.0123456789abcdef.partial`), "");
    await link(path, source);
    return { job, source };
  };

  it("is removed under all its names when its job is nowhere, and nobody else's file is touched", async () => {
    await entered();
    await writeFile(join(directory, "2123d1ea55eb372a408dcdbdf45bda51"), "OpenNebula's own copy");
    await house.pass({ config });
    assert.deepEqual(await inDatastore(), ["2123d1ea55eb372a408dcdbdf45bda51"]);
  });

  it("stays while its job waits", async () => {
    const { job } = await entered();
    await house.send(job);
    await house.pass({ config });
    assert.equal((await inDatastore()).length, 3);
  });

  it("keeps the name that an image has", async () => {
    const { source } = await entered();
    const signal = AbortSignal.timeout(10_000);
    await house.site.oneadmin.allocate(
      {
        name: "U",
        datastoreId: 1,
        attributes: new Map(),
        source: source.replace("/datastores/", "//datastores/"),
        format: "raw",
        sizeMb: 1,
      },
      signal,
    );
    await house.pass({ config });
    assert.deepEqual(await inDatastore(), [source.slice(-32)]);
  });
});
