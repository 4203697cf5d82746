import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { WriteBack } from "../../functions/convert-image/write-back.ts";

const GIB = 2 ** 30;

/** A file whose `datasync` ends when the test says so. */
function slowFile() {
  const syncs: PromiseWithResolvers<void>[] = [];
  const datasync = () => {
    const sync = Promise.withResolvers<void>();
    syncs.push(sync);
    return sync.promise;
  };
  return { datasync, syncs };
}

test("what is written is brought to the disk as the work goes on, one piece after the other", async () => {
  const file = slowFile();
  const writeBack = new WriteBack(file, GIB);
  writeBack.advance(1);
  assert.equal(file.syncs.length, 0, "too little to be worth it");
  writeBack.advance(10);
  writeBack.advance(50);
  assert.equal(file.syncs.length, 1, "the first is still under way");
  file.syncs[0]?.resolve();
  await setImmediate();
  writeBack.advance(51);
  assert.equal(file.syncs.length, 2);
  writeBack.advance(52);
  file.syncs[1]?.resolve();
  await setImmediate();
  writeBack.advance(53);
  assert.equal(file.syncs.length, 2, "too little since the last");
});

test("the work ends when the last piece is on the disk", async () => {
  const file = slowFile();
  const writeBack = new WriteBack(file, GIB);
  writeBack.advance(90);
  let ended = false;
  const during = writeBack.during(Promise.resolve("made")).then((result) => {
    ended = true;
    return result;
  });
  await setImmediate();
  assert.equal(ended, false);
  file.syncs[0]?.resolve();
  assert.equal(await during, "made");
});

test("a piece that could not be written fails the work", async () => {
  const file = slowFile();
  const writeBack = new WriteBack(file, GIB);
  writeBack.advance(40);
  file.syncs[0]?.reject(new Error("EIO: i/o error, fdatasync"));
  await setImmediate();
  writeBack.advance(80);
  file.syncs[1]?.resolve(); // Linux tells a failure once
  await assert.rejects(writeBack.during(Promise.resolve()), /EIO/);
});

test("what fails the work is told, whatever becomes of the disk", async () => {
  const file = slowFile();
  const writeBack = new WriteBack(file, GIB);
  writeBack.advance(40);
  file.syncs[0]?.reject(new Error("EIO: i/o error, fdatasync"));
  await assert.rejects(writeBack.during(Promise.reject(new Error("corrupt"))), /corrupt/);
});
