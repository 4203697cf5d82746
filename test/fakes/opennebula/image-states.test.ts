import assert from "node:assert/strict";
import { test } from "node:test";
import { STATES, type State } from "./image.ts";
import { openSandbox } from "./sandbox.ts";

/** What becomes of an image, or the words in which it is refused. */
interface Outcomes {
  readonly enable: State | "no";
  readonly disable: State | "no";
  readonly persistent: "ok" | "no";
}

const NEVER: Outcomes = { enable: "no", disable: "no", persistent: "no" };

const TABLE: Readonly<Partial<Record<State, Outcomes>>> = {
  LOCKED: { enable: "no", disable: "no", persistent: "ok" },
  READY: { enable: "READY", disable: "DISABLED", persistent: "ok" },
  DISABLED: { enable: "READY", disable: "DISABLED", persistent: "ok" },
  ERROR: { enable: "READY", disable: "DISABLED", persistent: "ok" },
  USED: NEVER,
  USED_PERS: NEVER,
  LOCKED_USED: NEVER,
  LOCKED_USED_PERS: NEVER,
  CLONE: NEVER,
  DELETE: NEVER,
};

for (const state of STATES.filter((candidate) => candidate !== "INIT")) {
  test(`an image in state ${state} can be enabled, disabled and made persistent as the real one`, async () => {
    await using sandbox = await openSandbox();
    const { enable, disable, persistent } =
      TABLE[state] ?? assert.fail(`${state} is not in the table`);
    const printed = state.replace("_PERS", "");
    const tryChange = async (
      method: string,
      value: boolean,
      wanted: State | "no",
      refusal: string,
    ) => {
      const id = sandbox.simulator.addImage({ name: `${method} ${value}`, state });
      if (wanted === "no") {
        const message = `[${method}] Could not ${refusal}: Image cannot be in state ${printed}.`;
        await assert.rejects(sandbox.admin.call(method, id, value), { code: 8192, message });
      } else {
        assert.equal(await sandbox.admin.id(method, id, value), id);
      }
      assert.equal(sandbox.image(id).state, wanted === "no" ? state : wanted);
    };
    await tryChange("one.image.enable", true, enable, "enable image");
    await tryChange("one.image.enable", false, disable, "disable image");
    await tryChange(
      "one.image.persistent",
      true,
      persistent === "ok" ? state : "no",
      "make image persistent",
    );
    await tryChange("one.image.persistent", false, state, ""); // it is already what is asked for
  });

  test(`an image in state ${state} can be read, renamed, given away, updated and locked`, async () => {
    await using sandbox = await openSandbox();
    const id = sandbox.simulator.addImage({ name: "web", state });
    const alice = sandbox.user("alice");
    const calls = [
      ["one.image.info", id],
      ["one.image.chown", id, alice.uid, alice.gid],
      ["one.image.chmod", id, 1, 1, 1, 0, 0, 0, 0, 0, 0],
      ["one.image.rename", id, "new"],
      ["one.image.update", id, 'A="1"', 1],
      ["one.image.lock", id, 1],
      ["one.image.unlock", id],
    ] as const;
    for (const [method, ...args] of calls) {
      await sandbox.admin.call(method, ...args);
    }
    const { name, uid, mode, attributes } = sandbox.image(id);
    assert.deepEqual(
      { name, uid, mode, value: attributes["A"] },
      { name: "new", uid: alice.uid, mode: "700", value: "1" },
    );
  });
}

test("6.10 refuses persistent of an image in use even when it changes nothing", async () => {
  await using sandbox = await openSandbox({ version: "6.10.5" });
  const id = sandbox.simulator.addImage({ name: "web", state: "USED" });
  await assert.rejects(sandbox.admin.call("one.image.persistent", id, false), { code: 8192 });
});

test("enable makes an image in ERROR READY though it has no file, and leaves the reason", async () => {
  await using sandbox = await openSandbox();
  const path = `${sandbox.directory}/outside.img`;
  const outside = await sandbox.file("../outside.img", "x");
  assert.equal(outside, path);
  const id = await sandbox.allocate({ path });
  await sandbox.reaches(id, "ERROR");
  await sandbox.admin.call("one.image.enable", id, true);
  const { state, source, attributes } = sandbox.image(id);
  assert.deepEqual(
    { state, source, hasReason: "ERROR" in attributes },
    { state: "READY", source: "", hasReason: true },
  );
});
