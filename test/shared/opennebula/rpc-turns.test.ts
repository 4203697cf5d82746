import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import * as z from "zod";
import { RpcTransportError } from "../../../functions/shared/opennebula/rpc-errors.ts";
import { startServer } from "./misbehaving-server.ts";
import { info, ok, rpcTo, thrown } from "./rpc-calls.ts";

describe("an abort", () => {
  const reason = new Error("the lease is lost");

  test("ends a call at once, with the signal's own reason", async () => {
    for (const begin of ["", ok.slice(0, 50)]) {
      const controller = new AbortController();
      await using server = await startServer((_, response) => {
        if (begin !== "") {
          response.write(begin);
        }
        setTimeout(() => controller.abort(reason), 10);
      });
      const start = performance.now();
      assert.equal(await thrown(info(rpcTo(server.url), controller.signal)), reason);
      assert.ok(performance.now() - start < 1000);
      await server.idle();
    }
  });

  test("before the call keeps it from being sent", async () => {
    await using server = await startServer((_, response) => response.end(ok));
    assert.equal(await thrown(info(rpcTo(server.url), AbortSignal.abort(reason))), reason);
    assert.equal(server.requests.length, 0);
  });

  /** Asserts that a change which reads its session so ends with the abort's reason, and that nothing is sent. */
  const assertNotSent = async (
    session: () => Promise<string>,
    signal: AbortSignal,
  ): Promise<void> => {
    let sent = 0;
    const post = async () => void (sent += 1);
    const rpc = rpcTo(new URL("http://127.0.0.1:1/RPC2"), { session, post });
    const change = rpc.call("one.image.rename", [7, "U"], z.string(), signal);
    assert.equal(await thrown(change), reason);
    assert.equal(sent, 0);
  };

  test("that was due while the process stood still keeps a change from being sent", async () => {
    const lease = new AbortController();
    const session = async () => {
      setTimeout(() => lease.abort(reason), 1);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      return "oneadmin:secret";
    };
    await assertNotSent(session, lease.signal);
  });

  test("Bug: a process that stood still right before it sent a change sent it late, whoever had its message then. Fix: a timer that takes long is not the last one", async () => {
    const lease = new AbortController();
    const session = async () => {
      setImmediate(() => {
        setTimeout(() => lease.abort(reason), 300);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
      });
      return "oneadmin:secret";
    };
    await assertNotSent(session, lease.signal);
  });

  test("frees a call that waits for its turn", async () => {
    await using server = await startServer(() => {});
    const rpc = rpcTo(server.url);
    const all = new AbortController();
    const running = Array.from({ length: 10 }, () => thrown(info(rpc, all.signal)));
    const one = new AbortController();
    const waiting = thrown(info(rpc, one.signal));
    one.abort(reason);
    assert.equal(await waiting, reason);
    all.abort(reason);
    await Promise.all(running);
    assert.ok(server.requests.length <= 10);
    await server.idle();
  });
});

test("a change that is not answered in time may come late, and a look does not matter", async () => {
  await using server = await startServer(() => {});
  const rpc = rpcTo(server.url, { timeoutMs: () => 20 });
  const late = async (method: string) => {
    const error = await thrown(rpc.call(method, [7], z.string(), AbortSignal.timeout(5000)));
    assert.ok(error instanceof RpcTransportError);
    return error.mayComeLate;
  };
  assert.equal(await late("one.image.rename"), true);
  assert.equal(await late("one.image.info"), false);
});

test("no more than ten calls are open at a time, and all are made", async () => {
  const open = new Set<ServerResponse>();
  let most = 0;
  await using server = await startServer((_, response) => {
    open.add(response);
    most = Math.max(most, open.size);
    if (server.requests.length >= 10) {
      setTimeout(() => {
        for (const held of open) {
          open.delete(held);
          held.end(ok);
        }
      }, 5);
    }
  });
  const rpc = rpcTo(server.url);
  await Promise.all(Array.from({ length: 45 }, () => info(rpc)));
  assert.equal(most, 10);
  assert.equal(server.requests.length, 45);
  await server.idle();
});

test("calls that failed give their place back", async () => {
  await using server = await startServer((_, response) => response.socket?.destroy());
  const rpc = rpcTo(server.url);
  await Promise.all(Array.from({ length: 25 }, () => thrown(info(rpc))));
  assert.equal(server.requests.length, 25);
});
