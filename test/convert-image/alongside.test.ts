import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { RetryLater } from "../../functions/shared/step/errors.ts";
import { alongside } from "../../functions/convert-image/alongside.ts";

const wrong = new Error("wrong content");
const broken = new Error("conversion broke");

test("a wrong content stops the conversion, and is what is told", async () => {
  let stopped = false;
  const make = async (stop: AbortSignal) => {
    await once(stop, "abort");
    stopped = true;
    throw broken;
  };
  await assert.rejects(
    alongside(async () => Promise.reject(wrong), make, new AbortController().signal),
    wrong,
  );
  assert.ok(stopped);
});

test("a conversion that breaks first waits for the verdict on the content", async () => {
  const verdict = Promise.withResolvers<undefined>();
  const running = alongside(
    () => verdict.promise,
    async () => Promise.reject(broken),
    new AbortController().signal,
  );
  verdict.reject(wrong);
  await assert.rejects(running, wrong);
});

test("a conversion that cannot be done now does not wait for the verdict", async () => {
  const noSpace = new RetryLater("no space");
  const verifyForEver = async (stop: AbortSignal) => {
    await once(stop, "abort");
    stop.throwIfAborted();
  };
  const running = alongside(
    verifyForEver,
    async () => Promise.reject(noSpace),
    new AbortController().signal,
  );
  await assert.rejects(running, noSpace);
});

test("a conversion that breaks on a right content is told as it is", async () => {
  const running = alongside(
    async () => Promise.resolve(),
    async () => Promise.reject(broken),
    new AbortController().signal,
  );
  await assert.rejects(running, broken);
});

test("an abort from outside wins over what it causes", async () => {
  const lost = new AbortController();
  const reason = new Error("lease lost");
  const stopping = async (stop: AbortSignal) => {
    await once(stop, "abort");
    throw broken;
  };
  const running = alongside(stopping, stopping, lost.signal);
  lost.abort(reason);
  await assert.rejects(running, reason);
});
