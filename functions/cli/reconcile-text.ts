import { repairsOf, type Finding, type Plan } from "../reconcile/plan.ts";
import { printable } from "../shared/log/printable.ts";

/** A plan for a person. */
export function planText(plan: Plan): string {
  const repairs = repairsOf(plan).length;
  return planLines(
    plan,
    `APPLY WOULD ENQUEUE ${repairs}`,
    plan.findings.length === 0
      ? "OpenNebula holds what vmcatcher endorses."
      : repairs === 0
        ? "Nothing that apply could do now."
        : `vmcatcher-one reconcile apply enqueues ${repairs} events.`,
  );
}

/** The same after it was applied. */
export function appliedText(plan: Plan, enqueued: readonly Finding[]): string {
  return planLines(
    plan,
    `ENQUEUED ${enqueued.length}`,
    enqueued.length === 0
      ? "Nothing to enqueue."
      : `${enqueued.length} events enqueued; vmcatcher-one status shows how far they are.`,
  );
}

function planLines(plan: Plan, repaired: string, end: string): string {
  const { cacheIndex, savedAt, endorsed, live, notChecked, findings } = plan;
  const saved = `${savedAt.slice(0, "2014-06-04T12:54:44".length)}Z`;
  const held = (kind: string) => findings.filter((finding) => finding.held?.kind === kind);
  const head = [
    `vmcatcher endorses ${endorsed} images (${cacheIndex}, saved ${saved}), OpenNebula has ${live} live.`,
    ...notChecked.map((what) => `not checked: ${what}`),
  ];
  return [
    ...head,
    ...section(repaired, repairsOf(plan)),
    ...section("UNDER WAY", held("under-way")),
    ...section("HELD BACK", held("blocked")),
    ...section(
      "FOR A PERSON TO LOOK AT",
      findings.filter(({ repair }) => repair === undefined),
    ),
    "",
    end,
  ]
    .map((line) => `${printable(line)}\n`)
    .join("");
}

function section(title: string, findings: readonly Finding[]): readonly string[] {
  return findings.length === 0 ? [] : ["", title, ...findings.flatMap(findingLines)];
}

function findingLines({ kind, identifier, title, what, held, advice }: Finding): readonly string[] {
  return [
    `  ${kind.padEnd(KIND_WIDTH)}  ${identifier}${title === undefined ? "" : `  ${title}`}`,
    `      ${what}`,
    ...(held === undefined ? [] : [`      but: ${held.why}`]),
    ...(advice === undefined ? [] : [`      do:  ${advice}`]),
  ];
}

const KIND_WIDTH = "invalid-identifier".length;
