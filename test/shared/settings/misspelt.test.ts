import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { correctedName } from "../../../functions/shared/settings/misspelt.ts";

describe("a misspelt variable", () => {
  for (const [name, right] of [
    ["VMCATHER_CACHE_EVENT", "VMCATCHER_CACHE_EVENT"],
    ["VMCATHCER_CACHE_DIR_DOWNLOAD", "VMCATCHER_CACHE_DIR_DOWNLOAD"],
    ["VMCATHER_ONE_HOME", "VMCATCHER_ONE_HOME"],
    ["VMCATHER_EVENT_TYPE", "VMCATCHER_EVENT_TYPE"],
    ["VMCATCHER_CACHE_EVNET", "VMCATCHER_CACHE_EVENT"],
    ["VMCATCHER_CACHE_DIR_EXPIRED", "VMCATCHER_CACHE_DIR_EXPIRE"],
    ["VMCATCHER_RDBM", "VMCATCHER_RDBMS"],
  ] as const) {
    it(`${name} is corrected`, () => assert.equal(correctedName(name), right));
  }

  for (const name of [
    "VMCATCHER_CACHE_EVENT",
    "VMCATCHER_SUB_EVENT",
    "VMCATCHER_CACHE_ACTION_CHECK",
    "VMCATCHER_EVENT_TYPE",
    "VMCATCHER_ONE_HOME",
    "VMWARE_HOME",
    "VMWATCHER_HOME",
    "CATCHER_RDBMS",
    "PATH",
    "",
  ]) {
    it(`'${name}' is left alone`, () => assert.equal(correctedName(name), undefined));
  }
});
