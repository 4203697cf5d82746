import assert from "node:assert/strict";
import { it } from "node:test";
import { appliedText, planText } from "../../functions/cli/reconcile-text.ts";
import type { Plan } from "../../functions/reconcile/plan.ts";

const repair = { time: "1401879284.000000042", variables: {} };
const PLAN: Plan = {
  cacheIndex: "/var/lib/one/cache/cache.index",
  savedAt: "2026-11-22T18:31:06.724286581Z",
  endorsed: 3,
  live: 2,
  notChecked: ["vmcatcher's database: no"],
  findings: [
    {
      kind: "missing",
      identifier: "U",
      title: "a \u001b[31mtitle",
      what: "there is no image",
      repair,
    },
    {
      kind: "stale",
      identifier: "V",
      what: "old",
      repair,
      held: { kind: "under-way", why: "it waits" },
    },
    {
      kind: "orphaned",
      identifier: "W",
      what: "no",
      repair,
      held: { kind: "blocked", why: "too many" },
    },
    { kind: "given-up", identifier: "X", what: "six tries", advice: "look" },
  ],
};

it("tells what is repaired, what waits, what is held back and what a person must look at", () => {
  assert.equal(
    planText(PLAN),
    `vmcatcher endorses 3 images (/var/lib/one/cache/cache.index, saved 2026-11-22T18:31:06Z), OpenNebula has 2 live.
not checked: vmcatcher's database: no

APPLY WOULD ENQUEUE 1
  missing             U  a ?[31mtitle
      there is no image

UNDER WAY
  stale               V
      old
      but: it waits

HELD BACK
  orphaned            W
      no
      but: too many

FOR A PERSON TO LOOK AT
  given-up            X
      six tries
      do:  look

vmcatcher-one reconcile apply enqueues 1 events.
`,
  );
});

it("tells that there is nothing to do, or what was done", () => {
  const well = { ...PLAN, findings: [] };
  assert.match(planText(well), /OpenNebula holds what vmcatcher endorses\.\n$/);
  assert.match(appliedText(well, []), /Nothing to enqueue\.\n$/);
  assert.match(appliedText(PLAN, PLAN.findings.slice(0, 1)), /ENQUEUED 1\n.*\n.*\n/);
});
