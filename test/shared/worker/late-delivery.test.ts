import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MESSAGE, until, workbench } from "./workbench.ts";

describe("worker, when a message has been on its way for long", () => {
  it("does not touch a message whose lease ran out on its way, while the process stood still", async (t) => {
    const bench = await workbench(t, MESSAGE);
    const receive = bench.own.receive.bind(bench.own);
    let answers = 0;
    bench.own.receive = async (options) => {
      const delivery = await receive(options);
      answers += 1;
      if (answers === 1) {
        bench.clock.jump(300);
      }
      return delivery;
    };
    let handled = 0;
    bench.start(async (message) => {
      handled += 1;
      return message;
    });
    await until("the second delivery", () => bench.outcomes.length === 1);
    assert.equal(handled, 1);
    assert.deepEqual(
      bench.linesOf("warn").map((line) => line["text"]),
      ["came too late, will be delivered again"],
    );
    assert.equal(bench.next.sent.length, 1);
  });

  it("takes a message that it had to wait long for, once the queue says that it is its own", async (t) => {
    const bench = await workbench(t, MESSAGE);
    const receive = bench.own.receive.bind(bench.own);
    bench.own.receive = (options) => {
      bench.clock.jump(300);
      return receive(options);
    };
    bench.start(async (message) => message);
    await until("its end", () => bench.outcomes.length === 1);
    assert.equal(bench.own.count("changeVisibility"), 1);
    assert.deepEqual(bench.linesOf("warn"), []);
  });

  it("asks again when the process stood still once more while the queue was asked", async (t) => {
    const bench = await workbench(t, MESSAGE);
    const receive = bench.own.receive.bind(bench.own);
    bench.own.receive = (options) => {
      bench.clock.jump(300);
      return receive(options);
    };
    const changeVisibility = bench.own.changeVisibility.bind(bench.own);
    bench.own.changeVisibility = async (delivery, seconds) => {
      await changeVisibility(delivery, seconds);
      bench.own.receive = receive;
      bench.clock.jump(300);
    };
    let handled = 0;
    bench.start(async (message) => {
      handled += 1;
      return message;
    });
    await until("its end", () => bench.outcomes.length === 1);
    assert.equal(handled, 1, "by the second delivery alone");
    assert.deepEqual(
      bench.linesOf("warn").map((line) => line["text"]),
      ["came too late, will be delivered again"],
    );
  });
});
