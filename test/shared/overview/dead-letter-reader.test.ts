import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rememberingReader } from "../../../functions/shared/overview/dead-letter-reader.ts";

describe("who looks at dead letters again and again", () => {
  it("takes them from the queue only when their number has changed, or after a minute", async () => {
    let now = 0;
    let reads = 0;
    const queue = { name: "q", deadLetters: async () => (reads++, []) };
    const read = rememberingReader(() => now);
    const look = async (dead: number) => {
      await read(queue, { waiting: 0, inFlight: 0, dead });
      return reads;
    };
    assert.equal(await look(0), 0, "there are none to be read");
    assert.equal(await look(2), 1);
    assert.equal(await look(2), 1);
    assert.equal(await look(1), 2);
    now += 60_000;
    assert.equal(await look(1), 3);
  });
});
