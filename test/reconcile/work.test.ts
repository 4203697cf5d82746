import assert from "node:assert/strict";
import { it } from "node:test";
import { lookForWork, type VisibleQueue } from "../../functions/reconcile/work.ts";

const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";

function queue(name: string, given: Partial<VisibleQueue> = {}): VisibleQueue {
  return {
    name,
    depth: async () => ({ waiting: 0, inFlight: 0, dead: 0 }),
    deadLetters: async () => [],
    ...given,
  };
}

const nothingWaits = async () => new Set<string>();
const busy = async () => ({ waiting: 1, inFlight: 2, dead: 0 });

it("a queue that cannot tell whose messages it holds may hold anybody's", async () => {
  const work = await lookForWork(nothingWaits, [queue("a"), queue("b", { depth: busy })]);
  assert.equal(work.underWay(IDENTIFIER), "b has 3 messages, and the queue cannot tell whose");
  const idle = await lookForWork(nothingWaits, [queue("a"), queue("b")]);
  assert.equal(idle.underWay(IDENTIFIER), undefined);
});

it("one that can tell holds up nobody else", async () => {
  const message = { messageId: "7", body: "{}", attempts: 0, sentAt: 0, inFlight: false };
  const messages = async () => [{ ...message, group: IDENTIFIER }];
  const work = await lookForWork(nothingWaits, [queue("a", { depth: busy, messages })]);
  assert.equal(work.underWay(IDENTIFIER), "a works on it");
  assert.equal(work.underWay("another"), undefined);
});

it("is looked for in the direction in which it moves", async () => {
  const order: string[] = [];
  const asked = (name: string) =>
    queue(name, {
      depth: async () => {
        order.push(name);
        return { waiting: 0, inFlight: 0, dead: 0 };
      },
    });
  await lookForWork(async () => {
    order.push("spool");
    return new Set();
  }, [asked("a"), asked("b")]);
  assert.deepEqual(order, ["spool", "a", "b"]);
});

it("a dead letter that is no job belongs to its group", async () => {
  const dead = [{ messageId: "7", body: "nonsense", group: IDENTIFIER, reason: undefined }];
  const work = await lookForWork(nothingWaits, [
    queue("a", {
      depth: async () => ({ waiting: 0, inFlight: 0, dead: 1 }),
      deadLetters: async () => dead,
    }),
  ]);
  assert.equal(work.deadLetter(IDENTIFIER, undefined)?.messageId, "7");
});
