import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestClient } from "./client.ts";
import { openSandbox } from "./sandbox.ts";

test("a call whose answer is lost has taken effect", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  const fault = sandbox.simulator.inject({
    method: "one.image.rename",
    fault: { kind: "lose-answer" },
  });
  await assert.rejects(sandbox.admin.call("one.image.rename", id, "new"), TypeError);
  assert.equal(sandbox.image(id).name, "new");
  assert.equal(fault.hits(), 1);
  await sandbox.admin.call("one.image.rename", id, "again");
});

test("a call whose answer is cut has taken effect too", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  sandbox.simulator.inject({ fault: { kind: "cut-answer" } });
  await assert.rejects(sandbox.admin.call("one.image.rename", id, "new"), TypeError);
  assert.equal(sandbox.image(id).name, "new");
});

test("a reset, an HTTP error, a page that is not XML and a refusal have no effect", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  const rename = async () => sandbox.admin.call("one.image.rename", id, "new");
  sandbox.simulator.inject({ fault: { kind: "reset" } });
  await assert.rejects(rename(), TypeError);
  sandbox.simulator.inject({ fault: { kind: "not-xml" } });
  await assert.rejects(rename());
  sandbox.simulator.inject({ fault: { kind: "election" } });
  await assert.rejects(rename(), {
    code: 8192,
    message: "[one.image.rename] Cannot process request, oned cluster in election mode",
  });
  sandbox.simulator.inject({
    fault: { kind: "error", code: 2048, text: "Object is being renamed", objectId: 7 },
  });
  await assert.rejects(rename(), {
    code: 2048,
    objectId: 7,
    message: "[one.image.rename] Object is being renamed",
  });
  sandbox.simulator.inject({ fault: { kind: "http-status", status: 500 } });
  const response = await fetch(sandbox.simulator.url, {
    method: "POST",
    body: "<methodCall><methodName>x</methodName></methodCall>",
  });
  assert.equal(response.status, 500);
  assert.equal(sandbox.image(id).name, "web");
});

test("a call that hangs is never answered and has no effect", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  sandbox.simulator.inject({ method: "one.image.rename", fault: { kind: "hang" } });
  const hung = sandbox.admin.call("one.image.rename", id, "new").catch(() => "ended");
  await sandbox.simulator.waitFor(() => sandbox.simulator.calls().length === 1);
  await sandbox.admin.call("one.image.info", id); // others are answered
  assert.equal(await Promise.race([hung, Promise.resolve("waiting")]), "waiting");
  assert.equal(sandbox.image(id).name, "web");
  await sandbox.simulator.stop();
  assert.equal(await hung, "ended");
});

test("a delayed call takes effect though the client has gone", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  sandbox.simulator.inject({ fault: { kind: "delay", milliseconds: 40 } });
  const body = `<methodCall><methodName>one.image.rename</methodName><params><param><value>oneadmin:opennebula</value></param><param><value><int>${id}</int></value></param><param><value>new</value></param></params></methodCall>`;
  await assert.rejects(
    fetch(sandbox.simulator.url, { method: "POST", body, signal: AbortSignal.timeout(10) }),
    { name: "TimeoutError" },
  );
  assert.equal(sandbox.image(id).name, "web");
  await sandbox.simulator.waitFor(() => sandbox.image(id).name === "new");
});

test("a delayed answer comes after the effect", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  sandbox.simulator.inject({ fault: { kind: "delay-answer", milliseconds: 30 } });
  const answer = sandbox.admin.id("one.image.rename", id, "new");
  await sandbox.simulator.waitFor(() => sandbox.image(id).name === "new");
  assert.equal(await Promise.race([answer, Promise.resolve("waiting")]), "waiting");
  assert.equal(await answer, id);
});

test("which calls go wrong is said by method, arguments and number", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  const refusal = { kind: "error", code: 8192, text: "no" } as const;
  const rule = {
    method: /^one\.image\.(rename|chmod)$/,
    when: ([image]: readonly unknown[]) => image === id,
    skip: 1,
    times: 2,
    fault: refusal,
  };
  const fault = sandbox.simulator.inject(rule);
  const outcome = async (method: string, ...args: readonly (string | number)[]) =>
    sandbox.admin.call(method, ...args).then(
      () => "ok",
      (error: unknown) => (error instanceof Error ? error.message : ""),
    );
  assert.equal(await outcome("one.image.info", id), "ok");
  assert.equal(
    await outcome("one.image.rename", 99, "x"),
    "[one.image.rename] Error getting image [99].",
  );
  assert.equal(await outcome("one.image.rename", id, "a"), "ok");
  assert.equal(await outcome("one.image.rename", id, "b"), "[one.image.rename] no");
  assert.equal(
    await outcome("one.image.chmod", id, 1, 1, 0, 0, 0, 0, 0, 0, 0),
    "[one.image.chmod] no",
  );
  assert.equal(await outcome("one.image.rename", id, "c"), "ok");
  assert.equal(fault.hits(), 2);
});

test("faults can be taken back, one or all", async () => {
  await using sandbox = await openSandbox();
  const fault = { kind: "reset" } as const;
  sandbox.simulator.inject({ fault, times: Infinity }).remove();
  await sandbox.admin.call("one.system.version");
  sandbox.simulator.inject({ fault, times: Infinity });
  await assert.rejects(sandbox.admin.call("one.system.version"));
  await assert.rejects(sandbox.admin.call("one.system.version"));
  sandbox.simulator.clearFaults();
  await sandbox.admin.call("one.system.version");
});

test("a killed oned refuses connections and ends calls in progress without an effect; it comes back on the same port", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  sandbox.simulator.inject({ fault: { kind: "delay", milliseconds: 20 } });
  const hung = assert.rejects(sandbox.admin.call("one.image.rename", id, "new"), TypeError);
  await sandbox.simulator.waitFor(() => sandbox.simulator.calls().length === 1);
  await sandbox.simulator.stop();
  await hung;
  await assert.rejects(sandbox.admin.call("one.system.version"), (error: Error) =>
    isRefused(error.cause),
  );
  await sandbox.simulator.start();
  sandbox.simulator.inject({ fault: { kind: "delay", milliseconds: 40 } });
  await sandbox.admin.call("one.system.version"); // longer than the killed call would have taken
  assert.equal(sandbox.image(id).name, "web");
});

test("connections can be refused while copies go on", async () => {
  await using sandbox = await openSandbox();
  const id = await sandbox.allocate();
  sandbox.simulator.refuseConnections();
  await assert.rejects(sandbox.admin.call("one.system.version"), (error: Error) =>
    isRefused(error.cause),
  );
  await sandbox.reaches(id, "READY");
  await sandbox.simulator.start();
  await sandbox.admin.call("one.system.version");
});

test("calls are logged without their session, with who made them and when", async () => {
  await using sandbox = await openSandbox({
    clock: { now: () => 1234, schedule: () => undefined },
  });
  await createTestClient(sandbox.simulator.url, "eve:secret")
    .call("one.image.info", 7)
    .catch(() => undefined);
  await sandbox.admin.call("one.imagepool.info", -2, -1, -1);
  assert.deepEqual(sandbox.simulator.calls(), [
    { method: "one.image.info", args: [7], user: "eve", at: 1234 },
    { method: "one.imagepool.info", args: [-2, -1, -1], user: "oneadmin", at: 1234 },
  ]);
  sandbox.simulator.resetCalls();
  assert.deepEqual(sandbox.simulator.calls(), []);
});

test("latency is added to every call", async () => {
  await using sandbox = await openSandbox({ latencyMs: 30 });
  const start = performance.now();
  await sandbox.admin.call("one.system.version");
  assert.ok(performance.now() - start >= 29);
});

function isRefused(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}
