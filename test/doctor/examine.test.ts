import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ok, warning, type Check } from "../../functions/doctor/check.ts";
import { doctorText } from "../../functions/doctor/doctor-text.ts";
import { createExamination } from "../../functions/doctor/examination.ts";
import { examine } from "../../functions/doctor/examine.ts";
import { Unavailable } from "../../functions/doctor/unavailable.ts";

const site = createExamination({
  env: {},
  queueNames: [],
  places: {
    cron: [],
    vmcatcherUser: undefined,
    cache: undefined,
    onedUser: "oneadmin",
    onedConf: "/nowhere",
    envFile: "/nowhere",
  },
  nodeVersion: "24.0.0",
  inContainer: false,
});

const check = (name: string, look: Check["look"]): Check => ({ name, looksAt: "something", look });

describe("the doctor's round", () => {
  it("makes every check, whatever becomes of the others, and tells in their order", async () => {
    const denied = Object.assign(new Error("EACCES: permission denied, open '/x'"), {
      code: "EACCES",
    });
    const { findings, abandoned } = await examine(
      [
        check("broken", () => Promise.reject(new TypeError("oops"))),
        check("silent", () => Promise.resolve([])),
        check("denied", () => Promise.reject(denied)),
        check("dependent", () => Promise.reject(new Unavailable("nobody answers", "ask again"))),
        check("endless", () => new Promise(() => undefined)),
        check("fine", () => Promise.resolve([ok("one"), warning("two", "do it")])),
      ],
      site,
      20,
    );
    assert.deepEqual(
      findings.map((finding) => [finding.check, finding.severity, finding.seen]),
      [
        ["broken", "error", "the check itself failed: oops"],
        ["silent", "error", "the check itself failed: it came to no verdict"],
        ["denied", "unchecked", "not allowed to look: EACCES: permission denied, open '/x'"],
        ["dependent", "unchecked", "nobody answers"],
        ["endless", "error", "looking at something did not end within 0.02 s"],
        ["fine", "ok", "one"],
        ["fine", "warning", "two"],
      ],
    );
    assert.ok(findings.every((finding) => finding.severity === "ok" || finding.fix !== ""));
    assert.ok(abandoned);
  });

  it("tells a check that it is late", async () => {
    const late = Promise.withResolvers<void>();
    const waiting = check("waiting", (_site, signal) => {
      signal.addEventListener("abort", () => late.resolve());
      return late.promise.then(() => []);
    });
    await examine([waiting], site, 10);
    await late.promise;
  });
});

describe("what a person sees", () => {
  it("is a line for what is well, and what to do for what is not", () => {
    const text = doctorText([
      { check: "a", severity: "ok", seen: "one" },
      { check: "long-name", severity: "error", seen: "two", fix: "repair it" },
    ]);
    assert.equal(
      text,
      `ok           a          one
ERROR        long-name
             seen  two
             fix   repair it

errors: 1, warnings: 0, not checked: 0, ok: 1
`,
    );
  });

  it("tells once what keeps several checks from being made", () => {
    const reason = { severity: "unchecked", seen: "no cron file", fix: "--cron FILE" } as const;
    const text = doctorText([
      { check: "a", ...reason },
      { check: "b", severity: "ok", seen: "one" },
      { check: "c", ...reason },
    ]);
    assert.match(
      text,
      /^not checked {2}a, c\n +seen {2}no cron file\n +fix {3}--cron FILE\nok +b +one\n/,
    );
    assert.match(text, /not checked: 2/);
  });

  it("is short and harmless, whatever others have written", () => {
    const seen = `\u001b]0;evil\u0007${"x".repeat(10_000)}\n\u009b31m`;
    const text = doctorText([{ check: "a", severity: "error", seen, fix: "f" }]);
    assert.doesNotMatch(text, /[\p{Cc}--\n]/v);
    assert.ok(text.length < 1000);
  });
});
