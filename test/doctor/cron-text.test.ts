import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readCronText } from "../../functions/doctor/cron-text.ts";
import { hookCommandOf } from "../../functions/doctor/hook-command.ts";

const variablesOf = (text: string) => Object.fromEntries(readCronText(text).variables);

describe("what a cron file tells", () => {
  for (const [line, variables] of [
    ["VMCATCHER_CACHE_EVENT=/usr/bin/hook", { VMCATCHER_CACHE_EVENT: "/usr/bin/hook" }],
    ["VMCATCHER_CACHE_EVENT = python /x", { VMCATCHER_CACHE_EVENT: "python /x" }],
    ['export VMCATCHER_RDBMS="sqlite:////var/x.db"', { VMCATCHER_RDBMS: "sqlite:////var/x.db" }],
    ["0 5 * * * one A=1 B='2 3' vmcatcher_cache", { A: "1", B: "2 3" }],
    ["0 5 * * * one export A=1; C= vmcatcher_cache", { A: "1", C: "" }],
    ["# A=1", {}],
    ["0 5 * * * one vmcatcher_cache --x=1", {}],
    ["A=/first\nA=/second", { A: "/second" }],
    ["0 5 * * * one env \\\n  A=1 vmcatcher_cache", { A: "1" }],
  ] as const) {
    it(`variables of: ${JSON.stringify(line)}`, () =>
      assert.deepEqual(variablesOf(line), variables));
  }

  for (const [line, user] of [
    ["50 */6 * * *  oneadmin  vmcatcher_subscribe -U; vmcatcher_cache", "oneadmin"],
    ["@daily one-admin /usr/bin/vmcatcher_cache", "one-admin"],
    ["0 5 * jan-mar Mon root (vmcatcher_cache)", "root"],
    ["0 5 * * * vmcatcher_cache -v", undefined],
    ["#0 5 * * * root vmcatcher_cache", undefined],
    ["vmcatcher_cache", undefined],
  ] as const) {
    it(`user of: ${line}`, () => assert.equal(readCronText(line).user, user));
  }

  it("runs vmcatcher only where its own program is called", () => {
    assert.ok(readCronText("0 5 * * * root vmcatcher_cache -v").runsVmcatcher);
    assert.ok(
      !readCronText("0 5 * * * root vmcatcher_subscribe -U\n# vmcatcher_cache").runsVmcatcher,
    );
  });
});

describe("what VMCATCHER_CACHE_EVENT calls", () => {
  for (const [command, expected] of [
    [
      "/usr/local/bin/vmcatcher-hook",
      { kind: "script", program: "/usr/local/bin/vmcatcher-hook", interpreted: false },
    ],
    ["sh /x/hook", { kind: "script", program: "/x/hook", interpreted: true }],
    ["vmcatcher-hook -v", { kind: "script", program: "vmcatcher-hook", interpreted: false }],
    ["/usr/local/bin/vmcatcher-one hook", { kind: "own", program: "/usr/local/bin/vmcatcher-one" }],
    ["python /var/lib/one/vmcatcher_eventHndl_ON", { kind: "predecessor" }],
    ["/hook; rm -rf /", { kind: "unknown" }],
    ["`evil`", { kind: "unknown" }],
  ] as const) {
    it(command, () => assert.deepEqual(hookCommandOf(command), expected));
  }
});
