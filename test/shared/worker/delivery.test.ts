import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GiveUp, RetryLater, StartOver } from "../../../functions/shared/step/errors.ts";
import { MESSAGE, until, workbench } from "./workbench.ts";

describe("a delivery", () => {
  it("is passed on with its group and trace, then removed", async (t) => {
    const bench = await workbench(t);
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await bench.own.send({
      body: JSON.stringify(MESSAGE),
      group: "image-1",
      deduplicationId: "1",
      trace,
    });
    const atSend: number[] = [];
    const send = bench.next.send.bind(bench.next);
    bench.next.send = async (message) => {
      atSend.push(bench.own.count("remove"));
      await send(message);
    };
    bench.start(async () => ({ ...MESSAGE, previous: 1 }));
    await until("removed", () => bench.own.count("remove") === 1);
    assert.deepEqual(atSend, [0], "sent before it is removed");
    assert.deepEqual(bench.bodies(bench.next), [{ ...MESSAGE, previous: 1 }]);
    assert.equal(bench.next.sent[0]?.group, "image-1");
    assert.equal(bench.next.sent[0]?.trace, trace);
    assert.deepEqual(await bench.own.depth(), { waiting: 0, inFlight: 0, dead: 0 });
  });

  it("without a trace gets one that all its attempts share", async (t) => {
    const bench = await workbench(t, MESSAGE);
    let attempts = 0;
    bench.start(async () => {
      attempts += 1;
      if (attempts < 3) {
        throw new RetryLater("not yet", { afterSeconds: 1 });
      }
      return MESSAGE;
    });
    await until("sent", async () => {
      await bench.clock.advance(1);
      return bench.next.sent.length === 1;
    });
    await until("three lines", () => bench.lines.filter((line) => "traceId" in line).length === 3);
    const traces = new Set(
      bench.lines.filter((line) => "traceId" in line).map((line) => line["traceId"]),
    );
    assert.equal(traces.size, 1);
    assert.equal(bench.next.sent[0]?.trace?.slice(3, 35), [...traces][0]);
  });

  it("of the last step is removed and nothing sent", async (t) => {
    const bench = await workbench(t, MESSAGE);
    bench.start(async () => ({ ignored: true }), { nextQueue: undefined });
    await until("removed", () => bench.own.count("remove") === 1);
    assert.deepEqual(bench.next.sent, []);
  });

  it("is handled again after a crash between sending and removing; the next step still gets one message", async (t) => {
    const bench = await workbench(t, MESSAGE);
    bench.own.silent.add("remove"); // as good as a crash: nothing comes after the send
    let runs = 0;
    const handle = async () => {
      runs += 1;
      return MESSAGE;
    };
    const crashed = bench.start(handle);
    await until("sent", () => bench.next.sent.length === 1);
    crashed.stop();
    bench.own.silent.delete("remove");
    await bench.clock.advance(121); // the lease of the dead
    bench.start(handle);
    await until("done", () => bench.outcomes.includes("ok"));
    assert.equal(runs, 2);
    assert.equal(bench.next.sent.length, 2);
    assert.equal((await bench.next.depth()).waiting, 1, "the second result was dropped");
    assert.equal((await bench.own.depth()).waiting, 0);
  });

  it("is handled again after such a crash, and finds something else: the next step gets that too, after the first", async (t) => {
    const bench = await workbench(t, MESSAGE);
    bench.own.silent.add("remove");
    const crashed = bench.start(async () => ({ ...MESSAGE, imageId: 1 }));
    await until("sent", () => bench.next.sent.length === 1);
    crashed.stop();
    bench.own.silent.delete("remove");
    await bench.clock.advance(121);
    bench.start(async () => ({ ...MESSAGE, imageId: 2 }));
    await until("done", () => bench.outcomes.includes("ok"));
    assert.equal((await bench.next.depth()).waiting, 2);
  });

  it("of a replayed dead letter is passed on, although it got as far as that before", async (t) => {
    const bench = await workbench(t, MESSAGE);
    let runs = 0;
    bench.start(async () => {
      runs += 1;
      if (runs === 2) {
        throw new GiveUp("bad", "bad the second time");
      }
      return MESSAGE;
    });
    bench.own.down.add("remove");
    await until("sent, but not removed", async () => {
      await bench.clock.advance(1);
      return bench.outcomes[0] === "lease_lost";
    });
    bench.own.recover();
    await bench.clock.advance(120);
    await until("dead", () => bench.outcomes[1] === "dead");
    await bench.own.redrive();
    await until("done", () => bench.outcomes[2] === "ok");
    assert.equal((await bench.next.depth()).waiting, 2);
  });

  it("that starts over sends the job alone to the first queue, counts it, and is gone", async (t) => {
    const bench = await workbench(t);
    await bench.put({ ...MESSAGE, artifact: "gone" });
    bench.start(async () => {
      throw new StartOver("staged file is gone");
    });
    await until("done", () => bench.outcomes.length === 1);
    assert.deepEqual(bench.outcomes, ["start_over"]);
    assert.deepEqual(bench.bodies(bench.first), [{ job: { ...MESSAGE.job, restarts: 1 } }]);
    assert.equal(bench.first.sent[0]?.group, "group-1");
    assert.deepEqual(bench.next.sent, []);
    assert.deepEqual(await bench.own.depth(), { waiting: 0, inFlight: 0, dead: 0 });
  });
});
