import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Samples, sampleUntil } from "../../functions/console/samples.ts";
import { plots } from "../../functions/console/view/plots.ts";
import { samplesOf } from "./scenes.ts";

describe("samples", () => {
  it("of the last day are kept, and no more", () => {
    const samples = new Samples();
    const all = samplesOf(3000);
    for (const sample of all) {
      samples.add(sample);
    }
    assert.equal(samples.all().length, 2880);
    assert.deepEqual(samples.all()[0], all[120]);
    assert.deepEqual(samples.all().at(-1), all.at(-1));
  });

  it("are taken every half minute until the stop, and each turn gives a sign of life", async () => {
    const samples = new Samples();
    const stop = new AbortController();
    const slept: number[] = [];
    const signs: number[] = [];
    const clock = {
      now: () => new Date(),
      elapsed: () => performance.now(),
      sleep: async (milliseconds: number) => {
        slept.push(milliseconds);
        if (slept.length === 3) {
          stop.abort();
        }
      },
    };
    const [sample] = samplesOf(1);
    assert.ok(sample);
    const sign = (_state: string, nextWithinSeconds: number) => signs.push(nextWithinSeconds);
    await sampleUntil({ samples, take: async () => sample, clock, sign }, stop.signal);
    assert.deepEqual(slept, [30_000, 30_000, 30_000]);
    assert.deepEqual(signs, [60, 60, 60]);
    assert.equal(samples.all().length, 3);
  });
});

describe("plots", () => {
  const markup = async (samples: ReturnType<typeof samplesOf>) => String(await plots(samples));

  it("say in words what they show", async () => {
    assert.match(
      await markup(samplesOf(2000)),
      /aria-label="Backlog: 0 waiting now, at most 34 in the last 16 h 39 min; 0 in work, 3 dead letters"/,
    );
  });

  it("have a gap where the queue did not answer", async () => {
    const [, line = ""] =
      /class="line waiting" d="([^"]+)"/.exec(await markup(samplesOf(2000))) ?? [];
    assert.equal(line.match(/M/g)?.length, 2);
  });

  it("are small, however many samples there are", async () => {
    assert.ok((await markup(samplesOf(2880))).length < 20_000);
  });

  it("lose no peak", async () => {
    const peak = samplesOf(2000).map((sample, index) =>
      index === 601 ? { ...sample, backlog: { waiting: 977, inFlight: 0, dead: 0 } } : sample,
    );
    assert.match(await markup(peak), /at most 977/);
    assert.match(await markup(peak), /axis-top" aria-hidden="true">1000</);
  });

  it("can be drawn of one sample, and of none", async () => {
    assert.doesNotMatch(await markup(samplesOf(1)), /NaN|Infinity/);
    assert.match(await markup(samplesOf(0)), /No samples yet/);
  });
});
