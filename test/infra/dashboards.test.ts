import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import * as z from "zod";
import { makeOva } from "../../functions/cli/demo/appliance.ts";
import { ALL_FUNCTIONS } from "../../functions/cli/beside.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { temporaryDirectory } from "../fakes/temporary-directory.ts";
import { readExposition, unknownNames, type Exposition } from "./exposition.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROMETHEUS = join(ROOT, "infra/prometheus");
const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";

const panelSchema = z.object({
  id: z.int(),
  title: z.string(),
  gridPos: z.object({ h: z.int(), w: z.int(), x: z.int(), y: z.int() }),
  targets: z.array(z.object({ expr: z.string() })).default([]),
});
const dashboardSchema = z.object({ panels: z.array(panelSchema) });
const alertSchema = z.object({
  alert: z.string(),
  expr: z.string(),
  labels: z.object({ severity: z.enum(["critical", "warning"]) }),
  annotations: z.object({ summary: z.string(), description: z.string() }),
});

/** Samples that come and go with a conversion; their labels are proved by test/shared/health/health.test.ts. */
const WHILE_CONVERTING = `
vmcatcher_one_conversion_progress_ratio{identifier="",step=""} 0
vmcatcher_one_conversion_source_bytes{identifier=""} 0
`;

async function panels() {
  const text = await readFile(join(ROOT, "infra/grafana/vmcatcher-one.json"), "utf8");
  return dashboardSchema.parse(JSON.parse(text)).panels;
}

/** Debian has it in the package `prometheus`. Without it, what needs it is left out; in CI it must be there. */
const noPromtool =
  process.env["CI"] === undefined &&
  (await execa("promtool", ["--version"], { reject: false })).failed
    ? "promtool is not installed"
    : false;

async function promtool(...args: readonly string[]): Promise<string> {
  const { all } = await execa("promtool", args, { cwd: PROMETHEUS, all: true });
  return all;
}

describe("what a real process exposes", () => {
  let site: Site;
  let child: ReturnType<typeof start>;
  let text = "";
  let exposition: Exposition;

  const start = () =>
    execa("node", ["functions/cli/main.ts", "run"], {
      cwd: ROOT,
      env: { ...site.env },
      buffer: false,
      reject: false,
    });

  before(async () => {
    site = await createSite({ simulator: { copySeconds: 0.01 } });
    child = start();
    let log = "";
    child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
    const { file } = await makeOva(join(site.directory, "repository"), "one", "one");
    await site.vmcatcher.endorse({
      identifier: IDENTIFIER,
      file,
      title: "An OVA",
      version: "1",
      format: "OVA",
    });
    await site.vmcatcher.run();
    const done = /^vmcatcher_one_messages_total\{function="restore-permissions",outcome="ok"\} 1$/m;
    for (const end = performance.now() + 30_000; !done.test(text); await sleep(50)) {
      assert.ok(performance.now() < end, `the image did not get through:\n${log}\n${text}`);
      const url = /"url":"([^"]+)"/.exec(log)?.[1];
      text = url === undefined ? "" : await (await fetch(`${url}/metrics`)).text();
    }
    exposition = readExposition(`${text}${WHILE_CONVERTING}`);
  });
  after(async () => {
    child.kill("SIGTERM");
    await child;
    await site.close();
  });

  it("has every metric and label that the dashboard asks for", async () => {
    for (const { title, targets } of await panels()) {
      for (const { expr } of targets) {
        assert.deepEqual(unknownNames(expr, exposition), [], `${title}: ${expr}`);
      }
    }
  });

  it("has every metric and label that the alerts ask for", async () => {
    for (const { alert, expr } of await alerts()) {
      assert.deepEqual(unknownNames(expr, exposition), [], `${alert}: ${expr}`);
    }
  });

  it("has a slot of every function", () => {
    const slots = [...text.matchAll(/^vmcatcher_one_slots\{function="([^"]+)"/gm)];
    assert.deepEqual(new Set(slots.map(([, name]) => name)), new Set(ALL_FUNCTIONS));
  });

  it("keeps the rules of names and units", { skip: noPromtool }, async () => {
    const { failed, all } = await execa("promtool", ["check", "metrics"], {
      input: text,
      all: true,
      reject: false,
    });
    assert.ok(!failed, all);
    assert.equal(all, "");
  });

  it("tells nothing of passwords", () => {
    assert.doesNotMatch(text, /opennebula:|password|one_auth/);
  });
});

/** The alerts; the file is YAML, of which promtool is the only reader here, so they are taken out by their form. */
async function alerts(): Promise<readonly z.infer<typeof alertSchema>[]> {
  const text = await readFile(join(PROMETHEUS, "alerts.yaml"), "utf8");
  return text
    .split(/^ {6}- (?=alert:)/m)
    .slice(1)
    .map((rule) => {
      const field = (name: string): string =>
        new RegExp(`^ *${name}: (?:>-\\n((?: {10,}.*\\n)+)|(.*)$)`, "m")
          .exec(rule)
          ?.slice(1)
          .find((found) => found !== undefined)
          ?.replace(/\s+/g, " ")
          .trim() ?? "";
      return alertSchema.parse({
        alert: field("alert"),
        expr: field("expr"),
        labels: { severity: field("severity") },
        annotations: { summary: field("summary"), description: field("description") },
      });
    });
}

describe("the alerts", () => {
  it("each say what happened and what to do, under a name of their own", async () => {
    const all = await alerts();
    assert.ok(all.length >= 10);
    assert.equal(new Set(all.map(({ alert }) => alert)).size, all.length);
    for (const { alert, annotations } of all) {
      assert.ok(annotations.summary.length > 10, alert);
      assert.match(annotations.description, /\.$/, alert);
    }
  });

  it("are valid and fire when they should", { skip: noPromtool }, async () => {
    const rules = (await alerts()).length;
    assert.match(await promtool("check", "config", "scrape.yaml"), new RegExp(`${rules} rules found`)); // prettier-ignore
    assert.match(await promtool("test", "rules", "alerts.test.yaml"), /SUCCESS/);
  });

  it("are all tested", async () => {
    const tests = await readFile(join(PROMETHEUS, "alerts.test.yaml"), "utf8");
    for (const { alert } of await alerts()) {
      assert.ok(tests.includes(alert), `${alert} has no test`);
    }
  });
});

describe("the dashboard", () => {
  it("has panels that lie beside each other, with ids of their own", async () => {
    const all = await panels();
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of all) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(x < 24 && !taken.has(`${x} ${y}`), `${title} lies on another panel`);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });

  it("asks what Prometheus understands", { skip: noPromtool }, async (t) => {
    const directory = await temporaryDirectory(t);
    const expressions = (await panels()).flatMap(({ targets }) => targets);
    const rules = expressions.map(({ expr }, n) => ({
      record: `panel:${n}`,
      expr: expr.replaceAll("$__rate_interval", "5m"),
    }));
    const path = join(directory, "rules.json"); // JSON is YAML
    await writeFile(path, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    assert.match(await promtool("check", "rules", path), /SUCCESS/);
  });
});
