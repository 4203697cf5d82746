import assert from "node:assert/strict";
import { test } from "node:test";
import { claimOf } from "../../../functions/shared/disk/known-formats.ts";

test("S14: formats are known in every spelling of the lists", () => {
  for (const [spelling, claim] of [
    ["qcow2", "qcow2"],
    ["QCOW2", "qcow2"],
    ["Ova", "ova"],
    ["OVA", "ova"],
    [" ova ", "ova"],
    ["vmdk", "vmdk"],
    ["VMDK", "vmdk"],
    ["VHD", "vhd"],
    ["vpc", "vhd"],
    ["vdi", "vdi"],
    ["VHDX", "vhdx"],
    ["raw", "raw"],
    ["RAW", "raw"],
    ["raw.gz", "raw"],
    ["img", undefined],
    ["None", undefined],
    ["", undefined],
    [undefined, undefined],
  ] as const) {
    assert.equal(claimOf(spelling), claim, spelling);
  }
});

test("a format that is none of ours is refused by its name", () => {
  assert.throws(() => claimOf("cpio.bz2"), {
    name: "GiveUp",
    code: "unknown-format",
    message: /"cpio"/,
  });
});
