import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPrettyLog } from "../../../functions/shared/log/pretty-log.ts";

async function written(say: (log: Awaited<ReturnType<typeof createPrettyLog>>) => void) {
  const lines: string[] = [];
  const log = await createPrettyLog("info", {
    write: (line) => lines.push(line),
    colour: false,
  });
  say(log);
  return lines;
}

const OF_A_JOB = {
  function: "convert-image",
  job: "6dda2f1c8bb6bb4203b6707b92064ce0",
  identifier: "de355bfb",
  messageId: "7",
  traceId: "t",
};

describe("the log for a person", () => {
  it("begins each line with time, level, function, job and identifier, and ends it with the facts", async () => {
    const lines = await written((log) =>
      log.child({ ...OF_A_JOB, attempt: 1 }).info({ path: "/a" }, "image converted"),
    );
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? "",
      /^\d\d:\d\d:\d\d\.\d{3} INFO: convert-image 6dda2f1c de355bfb {2}image converted \{"path":"\/a"\}\n$/,
    );
  });

  it("tells the attempt from the second one on", async () => {
    const lines = await written((log) => log.child({ ...OF_A_JOB, attempt: 3 }).warn("failed"));
    assert.match(lines[0] ?? "", /WARN: convert-image 6dda2f1c de355bfb attempt 3 {2}failed/);
  });

  it("keeps the level, and lines of nobody's job short", async () => {
    const lines = await written((log) => {
      log.debug("not told");
      log.info("started");
    });
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /INFO: {1,2}started\n$/);
  });

  it("lets no text steer the terminal or make a line of its own", async () => {
    const hostile = "x\u001b[2J\u009b31m\n\u202ey";
    const [line = ""] = await written((log) =>
      log.child({ identifier: hostile }).error({ title: hostile, deep: [hostile] }, hostile),
    );
    assert.equal(line.trimEnd().search(/[\p{Cc}\p{Cf}]/u), -1);
    assert.equal(line.match(/x\?\[2J\?31m; \?y/g)?.length, 4);
  });

  it("shows the stack of an error line by line", async () => {
    const lines = await written((log) => log.error({ err: new Error("boom") }, "failed"));
    assert.match(lines.join(""), /Error: boom\n +at /);
  });
});
