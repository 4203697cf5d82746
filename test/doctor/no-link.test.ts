import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noLink } from "../../functions/doctor/vmcatcher/no-link.ts";

const TRIAL = { file: "/cache/f", staging: "/home/staging", isOneFileSystem: false, isRoot: true };

describe("what doctor says of a hard link that could not be made", () => {
  for (const [what, code, trial, severity, fix] of [
    ["two file systems", "EXDEV", {}, "error", /^put .* on the file system of vmcatcher's cache/],
    [
      "Bug: of two mounts of one file system it said to put them on one. Fix: below one mount",
      "EXDEV",
      { isOneFileSystem: true },
      "error",
      /on one file system already.* below the mount of vmcatcher's cache/,
    ],
    ["it may not", "EPERM", { isRoot: false }, "unchecked", /as root/],
    [
      "Bug: root was told to be root. Fix: there are no hard links",
      "EPERM",
      {},
      "error",
      /has hard links/,
    ],
    ["a full disk", "ENOSPC", {}, "error", /make room/],
    ["staging is not there", "ENOENT", {}, "unchecked", /have run once/],
  ] as const) {
    it(what, () => {
      const verdict = noLink(Object.assign(new Error(code), { code }), { ...TRIAL, ...trial });
      assert.equal(verdict.severity, severity);
      assert.match("fix" in verdict ? verdict.fix : "", fix);
    });
  }
});
