import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SaxesParser } from "saxes";
import { drawResults } from "../../../infra/bench/draw.ts";
import type { Bar, Finding, Results } from "../../bench/results.ts";

describe("the picture of what the bench has found", () => {
  it("draws bars as long as the figures are, and the promised limit where it belongs", () => {
    const shapes = parse(
      drawResults(
        results(ratio("theirs", 1), ratio("ours", 0.25, 0.5), ratio("floor", 0.125, undefined)),
      ),
    );
    const bars = shapes.filter(({ name, of }) => name === "rect" && BARS.includes(of));
    const [theirs, ours, floor] = bars.slice(-3).map(({ width }) => width);
    assert.ok(theirs !== undefined && ours !== undefined && floor !== undefined);
    assert.ok(Math.abs(ours / theirs - 0.25) < 0.01);
    assert.ok(Math.abs(floor / theirs - 0.125) < 0.01);
    const [bar] = bars.slice(-3);
    const limit = shapes.findLast(({ of }) => of === "limit");
    assert.ok(bar !== undefined && limit !== undefined);
    assert.ok(Math.abs((limit.x - bar.x) / theirs - 0.5) < 0.01);
  });

  it("has room for what is far over one", () => {
    const svg = drawResults(results(ratio("theirs", 1), ratio("ours", 8.5)));
    const bars = parse(svg).filter(({ name, of }) => name === "rect" && BARS.includes(of));
    assert.ok(bars.every(({ x, width }) => x + width < 620));
  });

  it("says everything in words, too", () => {
    const svg = drawResults(results(ratio("ours", 0.25, 0.5), event("1,000", 21.25)));
    const [description] = parse(svg).filter(({ name }) => name === "desc");
    assert.equal(
      description?.text,
      "An OVA becomes a raw disk (time, beside the predecessor's, which makes no checksum; promised: at most 0.5 ×). ours: 0.25 ×, 250 ms.\n" +
        "All functions, embedded queue (processor time of an event, by how many come at once). 1,000: 21.3 ms.",
    );
  });

  it("leaves out a panel without findings, and findings without a panel", () => {
    const svg = drawResults(
      results(event("1", 20), { what: "hook", value: "", comparedWith: "", figures: {} }),
    );
    assert.match(svg, /All functions, embedded queue/);
    assert.doesNotMatch(svg, /ElasticMQ|OVA|hook/);
  });

  it("is well-formed whatever a processor is called", () => {
    const { machine, ...rest } = results(event("1", 20));
    const svg = drawResults({ machine: { ...machine, processor: `<&"'> CPU` }, ...rest });
    assert.ok(parse(svg).some(({ text }) => text.startsWith(`<&"'> CPU, 2 cores`)));
  });
});

const BARS = ["ours", "theirs", "floor"];

interface Shape {
  readonly name: string;
  /** Its class. */
  readonly of: string;
  readonly x: number;
  readonly width: number;
  text: string;
}

/** The elements in order, groups' transforms left aside. @throws Error when it is no XML */
function parse(svg: string): readonly Shape[] {
  const shapes: Shape[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const { class: of = "", x, x1, width } = attributes;
    shapes.push({ name, of, x: Number(x ?? x1), width: Number(width), text: "" });
  });
  parser.on("text", (text) => {
    const last = shapes.at(-1);
    if (last !== undefined) {
      last.text += text.trim();
    }
  });
  parser.write(svg).close();
  return shapes;
}

function results(...findings: readonly Finding[]): Results {
  const machine = {
    processor: "CPU",
    cores: 2,
    memoryGib: 8,
    kernel: "6.1",
    fileSystem: "ext4",
    node: "24.0.0",
    qemuImg: "7.2.0",
  };
  return { machine, mib: 1024, findings: [...findings] };
}

function ratio(of: Bar["of"], median: number, limit?: number): Finding {
  const figures = {
    ratioMin: median,
    ratioMedian: median,
    ratioMax: median,
    medianMs: 1000 * median,
  };
  return {
    what: of,
    value: "",
    comparedWith: "",
    figures,
    bar: { panel: "ova", label: of, of, limit },
  };
}

function event(label: string, cpuMs: number): Finding {
  const bar = { panel: "embedded", label, of: "ours" } as const;
  return { what: label, value: "", comparedWith: "", figures: { cpuMs }, bar };
}
