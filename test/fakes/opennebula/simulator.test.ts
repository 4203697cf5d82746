import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import xmlrpc from "xmlrpc";
import { createTestClient } from "./client.ts";
import { sendRaw } from "./replay/raw-http.ts";
import { openSandbox } from "./sandbox.ts";

test("an XML-RPC library that knows nothing of it understands the answers", async () => {
  await using sandbox = await openSandbox();
  const { hostname: host, port } = new URL(sandbox.simulator.url);
  const client = xmlrpc.createClient({ host, port: Number(port), path: "/RPC2" });
  const call = async (method: string, args: readonly unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      client.methodCall(method, [...args], (error: unknown, value: unknown) =>
        error === null ? resolve(value) : reject(error),
      );
    });
  assert.deepEqual(await call("one.system.version", ["oneadmin:opennebula"]), [true, "7.0.2", 0]);
  const refusal = await call("one.image.info", ["oneadmin:opennebula", 7]);
  assert.deepEqual(refusal, [false, "[one.image.info] Error getting image [7].", 1024, 7, "-1"]); // it hands out an i8 as text
});

test("a query after the path is ignored, arguments too many too", async () => {
  await using sandbox = await openSandbox();
  assert.equal(
    await createTestClient(`${sandbox.simulator.url}?x=1`).call("one.system.version", 1, 2, 3),
    "7.0.2",
  );
});

test("a client that goes away while it sends does no harm", async () => {
  await using sandbox = await openSandbox();
  const { hostname, port } = new URL(sandbox.simulator.url);
  const socket = connect(Number(port), hostname);
  socket.write("POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<methodCall>");
  await once(socket, "connect");
  socket.destroy();
  assert.equal((await sendRaw(sandbox.simulator.url, { body: Buffer.from("x") })).status, 200);
});

test("a body that is far too long is reset", async () => {
  await using sandbox = await openSandbox();
  const { hostname, port } = new URL(sandbox.simulator.url);
  const socket = connect(Number(port), hostname);
  socket.write("POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 200000000\r\n\r\n");
  const [error]: unknown[] = await once(socket, "error", { signal: AbortSignal.timeout(5000) });
  assert.ok(error instanceof Error && "code" in error && error.code === "ECONNRESET");
});

test("calls at the same time are all answered, and two of one NAME make one image", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("x.img", "x");
  const tries = Array.from({ length: 20 }, () => sandbox.allocate({ path }));
  const outcomes = await Promise.allSettled(tries);
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  assert.equal(sandbox.simulator.images().length, 1);
});

test("waiting for something that does not come ends with its name", async () => {
  await using sandbox = await openSandbox();
  await assert.rejects(
    sandbox.simulator.waitFor(() => false, "the end of the world", 10),
    /not within 10 ms: the end of the world/,
  );
});

test("it runs as a process of its own and says where it listens", async () => {
  const directory = await mkdtemp(join(tmpdir(), "opennebula-"));
  const args = ["--port", "0", "--directory", directory, "--password", "secret"];
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line]: unknown[] = await once(createInterface(child.stdout), "line", {
      signal: AbortSignal.timeout(20_000),
    });
    const { url }: { readonly url: string } = JSON.parse(String(line));
    assert.equal(
      await createTestClient(url, "oneadmin:secret").call("one.system.version"),
      "7.0.2",
    );
  } finally {
    child.kill("SIGTERM");
    const [code]: unknown[] = await once(child, "exit");
    await rm(directory, { recursive: true, force: true });
    assert.equal(code, 0);
  }
});
