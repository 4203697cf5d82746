import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { describe, it } from "node:test";
import { checks } from "../../functions/doctor/checks.ts";
import { createInstallation } from "./installation.ts";

describe("a healthy installation", () => {
  it("is well in every check, and nothing in it is changed", async (t) => {
    const installation = await createInstallation(t);
    const files = () => readdir(installation.site.directory, { recursive: true });
    const before = await files();
    const { findings, text } = await installation.doctor();
    assert.deepEqual(
      findings.filter(({ severity }) => severity !== "ok"),
      [],
      text,
    );
    assert.deepEqual(
      [...new Set(findings.map(({ check }) => check))],
      checks.map(({ name }) => name),
    );
    assert.deepEqual((await files()).sort(), before.sort());
    assert.match(text, /^errors: 0, warnings: 0, not checked: 0, ok: \d+$/m);
  });

  it("is asked with reading calls alone", async (t) => {
    const installation = await createInstallation(t);
    installation.site.simulator.resetCalls();
    await installation.doctor();
    const methods = installation.site.simulator.calls().map(({ method }) => method);
    assert.deepEqual([...new Set(methods)].sort(), [
      "one.datastorepool.info",
      "one.imagepool.info",
      "one.system.version",
      "one.user.info",
    ]);
  });

  it("has names that are kebab-case, and each once", () => {
    const names = checks.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
    assert.ok(names.every((name) => /^[a-z]+(-[a-z]+)*$/.test(name)));
  });
});

describe("in a container", () => {
  it("nothing is said of the host's file systems", async (t) => {
    const installation = await createInstallation(t);
    await installation.tells(
      "hard-links",
      { severity: "unchecked", seen: /in a container/, fix: /run doctor on vmcatcher's host/ },
      { inContainer: true },
    );
    await installation.tells(
      "cron",
      { severity: "unchecked", seen: /no cron file of this container/, fix: /--cron FILE/ },
      { inContainer: true, places: { cron: ["/nowhere"] } },
    );
  });
});
