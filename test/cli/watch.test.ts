import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { watch, type WatchOptions } from "../../functions/cli/watch.ts";
import type { Overview } from "../../functions/shared/overview/overview.ts";

const overview: Overview = {
  at: "2026-11-22T10:00:00.000Z",
  spool: { waiting: 0, bad: [] },
  queues: [],
  conversions: [],
  identifiers: [],
};

/** Looks three times. @returns what was written, look by look */
async function watched(
  options: Partial<WatchOptions> & { terminal?: { rows: number; columns: number } } = {},
): Promise<readonly string[]> {
  const written: string[] = [];
  const stop = new AbortController();
  const given: WatchOptions = {
    look: async () => overview,
    show: () => "line one\nline two\n",
    intervalMs: 2000,
    clock: {
      sleep: async (milliseconds) => {
        assert.equal(milliseconds, 2000);
        if (written.length === 3) {
          stop.abort();
        }
      },
    },
    output: {
      write: (text) => written.push(text),
      ...(options.terminal === undefined ? {} : { isTTY: true, ...options.terminal }),
    },
    ...options,
  };
  await watch(given, stop.signal);
  return written;
}

describe("watching", () => {
  it("appends snapshots with their time where nothing can be drawn over", async () => {
    assert.deepEqual(
      await watched(),
      Array(3).fill("2026-11-22T10:00:00.000Z\n\nline one\nline two\n\n"),
    );
  });

  it("gives JSON line by line", async () => {
    const lines = await watched({ show: undefined });
    assert.equal(lines.length, 3);
    for (const line of lines) {
      assert.match(line, /^[^\n]+\n$/);
      assert.deepEqual(JSON.parse(line), overview);
    }
  });

  it("draws a terminal anew from its first line, and clears what is below", async () => {
    const [first] = await watched({ terminal: { rows: 24, columns: 80 } });
    assert.ok(first?.startsWith("\u001b[H2026-11-22T10:00:00.000Z"));
    assert.ok(first?.endsWith("line two\u001b[K\n\u001b[J"));
  });

  it("never draws more lines or wider ones than the terminal has, and says so", async () => {
    const text = Array.from({ length: 50 }, (_, row) => `${row} ${"x".repeat(200)}`).join("\n");
    const [first = ""] = await watched({ show: () => text, terminal: { rows: 10, columns: 40 } });
    const lines = first.replaceAll("\u001b[K", "").slice("\u001b[H".length).split("\n");
    assert.equal(lines.length, 10, "the last one is where the cursor stays");
    assert.ok(lines.every((line) => line.length <= 40));
    assert.match(first, /… 44 more lines/);
  });

  it("shows nothing of a look that the stop has cut short", async () => {
    const stop = new AbortController();
    const written: string[] = [];
    await watch(
      {
        look: async () => {
          stop.abort();
          return overview;
        },
        show: () => "",
        intervalMs: 1,
        clock: { sleep: async () => undefined },
        output: { write: (text) => written.push(text) },
      },
      stop.signal,
    );
    assert.deepEqual(written, []);
  });
});
