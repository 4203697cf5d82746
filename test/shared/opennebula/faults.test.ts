import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcFault } from "../../../functions/shared/opennebula/rpc-errors.ts";
import {
  isDriverTrouble,
  isMissing,
  isNameTaken,
  isQuota,
  isUnavailable,
  isWrongState,
  takenBy,
} from "../../../functions/shared/opennebula/faults.ts";
import { faultOf, recordings } from "./recordings.ts";

/** What a fault is, all predicates asked. */
function kindsOf(fault: RpcFault): string {
  const objects = ["image", "user", "group", "datastore"] as const;
  const kinds = [
    ...objects.filter((what) => isMissing(fault, what)).map((what) => `missing ${what}`),
    ...(isNameTaken(fault) ? [`taken by ${takenBy(fault)}`] : []),
    ...(isWrongState(fault) ? ["wrong state"] : []),
    ...(isQuota(fault) ? ["quota"] : []),
    ...(isUnavailable(fault) ? ["unavailable"] : []),
    ...(isDriverTrouble(fault) ? ["driver trouble"] : []),
  ];
  return kinds.join(", ");
}

const fault = (code: number, text: string, id = -1): RpcFault =>
  new RpcFault("one.image.x", code, text, id);

/** Every recorded failure that is of a kind; all others must be of none. */
const RECORDED: Readonly<Record<string, string>> = {
  err_info_missing: "missing image",
  err_chown_user_missing: "missing user",
  err_chown_deleted_owner: "missing user",
  err_chown_group_missing: "missing group",
  err_allocate_ds_missing: "missing datastore",
  err_allocate_name_taken: "taken by 1",
  err_rename_taken: "taken by 1",
  err_chown_name_taken: "taken by 1",
  err_disable_used: "wrong state",
  err_disable_used_pers: "wrong state",
  err_disable_locked: "wrong state",
  err_disable_clone: "wrong state",
  err_persistent_used: "wrong state",
  err_delete_used: "wrong state",
  err_delete_locked: "wrong state",
  err_chown_quota: "quota",
  err_auth_wrong_password: "unavailable",
  err_auth_no_colon: "unavailable",
  err_rename_lock: "unavailable",
  err_allocate_no_space: "unavailable",
  err_zone_disabled: "unavailable",
  err_ha_election: "unavailable",
};

describe("a recorded failure has exactly one kind, or none", () => {
  for (const { name } of recordings.filter((recording) => recording.name.startsWith("err_"))) {
    test(`${name}: ${RECORDED[name] ?? "none"}`, () => {
      assert.equal(kindsOf(faultOf(name)), RECORDED[name] ?? "");
    });
  }
});

describe("a failure known from the source or from a rare moment", () => {
  for (const [code, text, kinds] of [
    [16_384, "[one.image.allocate] Error allocating a new image.", "taken by undefined"],
    [16_384, "[one.image.allocate] Error allocating a new image. ", "taken by undefined"],
    [8192, "[one.image.rename] Cannot process request, no leader found", "unavailable"],
    [
      8192,
      "[one.image.rename] Cannot process request, oned cluster is replicating log",
      "unavailable",
    ],
    [8192, "[one.image.rename] Object is being renamed", "unavailable"],
    [32_768, "[one.image.rename] whatever", "unavailable"],
    [65_536, "[one.image.rename] whatever", "unavailable"],
    [
      2048,
      "[one.image.delete] Cannot delete image. There are 12 active clone operations.",
      "wrong state",
    ],
    [
      8192,
      "[one.image.enable] Could not enable image: Image cannot be in state DELETE.",
      "wrong state",
    ],
    [
      512,
      "[one.image.chown] User [0] : group [100] limit of 10240 reached for SIZE quota in DATASTORE with ID: 1.",
      "quota",
    ],
    [8192, "[one.image.allocate] Internal error", "driver trouble"],
    [8192, "[one.image.allocate] Cannot parse image SIZE: Internal error", "driver trouble"],
    [8192, "[one.image.allocate] Cannot parse image SIZE: ", "driver trouble"],
    [8192, "[one.image.allocate] Cannot parse image SIZE: -", "driver trouble"],
    [
      8192,
      "[one.image.allocate] Cannot parse image SIZE: Runtime error during size estimation",
      "driver trouble",
    ],
    [
      8192,
      "[one.image.allocate] Cannot parse image SIZE: cannot access '/Internal error' (Permission denied)",
      "",
    ],
  ] as const) {
    test(`${code} ${text}`, () => assert.equal(kindsOf(fault(code, text)), kinds));
  }
});

describe("a name in the text cannot change what a fault is", () => {
  for (const [code, text, kinds] of [
    [
      2048,
      "[one.image.rename] image cannot be renamed to a because it collides with image 7 because it collides with image 2",
      "taken by 2",
    ],
    [
      2048,
      "[one.image.rename] image cannot be renamed to a\nb because it collides with image 2",
      "taken by 2",
    ],
    [
      8192,
      "[one.image.chown] user [0] already owns image [1] with NAME Cannot process request, ",
      "taken by 1",
    ],
    [
      16_384,
      "[one.image.allocate] Error allocating a new image. Invalid NAME, NAME is already taken by IMAGE 3.",
      "",
    ],
    [1024, "[one.image.info] Error getting image Pool.", ""],
    [8192, "[one.image.info] Error getting image [5].", ""],
    [512, "[one.image.chown] User [2] : Not authorized to perform MANAGE IMAGE [0].", ""],
  ] as const) {
    test(`${code} ${text.replaceAll("\n", " ")}`, () =>
      assert.equal(kindsOf(fault(code, text)), kinds));
  }
});

test("a missing image is that image, not another", () => {
  const missing = fault(1024, "[one.image.info] Error getting image [5].", 5);
  assert.equal(isMissing(missing, "image", 5), true);
  assert.equal(isMissing(missing, "image", 55), false);
});
