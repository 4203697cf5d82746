import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  chooseLetters,
  everyDeadLetter,
  type FoundLetter,
} from "../../../functions/shared/queue/every-dead-letter.ts";
import type { DeadLetter, Queue } from "../../../functions/shared/queue/queue.ts";

const unexpected = () => Promise.reject(new Error("nobody should call this"));

const queue: Queue = {
  name: "q",
  send: unexpected,
  receive: unexpected,
  changeVisibility: unexpected,
  remove: unexpected,
  deadLetter: unexpected,
  depth: async () => ({ waiting: 0, inFlight: 0, dead: 2 }),
  deadLetters: unexpected,
  redrive: unexpected,
  discard: unexpected,
};

const letters = (...ids: string[]): readonly FoundLetter[] =>
  ids.map((messageId) => ({
    queue,
    letter: { messageId, body: "{}", group: "U", reason: undefined },
  }));
const chosen = (all: readonly FoundLetter[], ...ids: string[]) =>
  chooseLetters(all, ids).map(({ letter }) => letter.messageId);

describe("naming dead letters", () => {
  const all = letters("7a31-1", "7a31-2", "9bcd-3", "12", "123456");

  it("takes several ids, whole or how they begin, each once", () => {
    assert.deepEqual(chosen(all, "9bcd", "7a31-2", "9bcd-3"), ["9bcd-3", "7a31-2"]);
  });

  it("refuses what is unknown or ambiguous, names all of it, and chooses nothing", () => {
    assert.throws(() => chosen(all, "9bcd-3", "nobody", "7a31"), {
      message:
        "no dead letter nobody\n7a31 is the begin of 2 dead letters: 7a31-1, 7a31-2\nnothing was done",
    });
  });

  it("takes no number and no few characters for the begin of an id: they would hit another one", () => {
    for (const id of ["1", "1234", "9bc"]) {
      assert.throws(() => chosen(all, id), /no dead letter/);
    }
    assert.deepEqual(chosen(all, "12"), ["12"]);
  });
});

describe("looking for dead letters", () => {
  /** A queue of two dead letters of which only some can be seen at each look. */
  const looks = (...seen: readonly (readonly DeadLetter[])[]) => {
    let look = 0;
    const deadLetters = async () => seen[Math.min(look++, seen.length - 1)] ?? [];
    return {
      open: async () => ({ ...queue, deadLetters }),
      differences: () => [],
      close: async () => undefined,
    };
  };
  const two = letters("1", "2").map(({ letter }) => letter);
  const clock = { sleep: async () => undefined };

  it("looks again when somebody else holds some of them at the moment", async () => {
    const found = await everyDeadLetter(looks([], two.slice(0, 1), two), ["q"], clock);
    assert.equal(found.length, 2);
  });

  it("does not look for ever: one may be gone", async () => {
    const found = await everyDeadLetter(looks(two.slice(0, 1)), ["q"], clock);
    assert.equal(found.length, 1);
  });
});
