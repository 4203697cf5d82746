import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { it } from "node:test";
import { settingsSchema } from "../../functions/shared/settings/settings-schema.ts";

const OF_THE_HOOK = /^VMCATCHER_ONE_VMCATCHER_IMAGE/; // which runs on the host

it("infra/compose.yaml passes on every setting of vmcatcher-one", async () => {
  const text = await readFile("infra/compose.yaml", "utf8");
  const passed = new Set([...text.matchAll(/^ {4}([A-Z_]+):/gm)].map(([, name]) => name));
  const missing = Object.keys(settingsSchema.shape).filter(
    (name) => !passed.has(name) && !OF_THE_HOOK.test(name),
  );
  assert.deepEqual(missing, []);
});
