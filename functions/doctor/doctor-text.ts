import { printable } from "../shared/log/printable.ts";
import type { Finding, Severity } from "./check.ts";

/**
 * Findings for a person: one line for what is well, and for trouble what was seen and what to do. What could not be checked
 * for one and the same reason is told once.
 */
export function doctorText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const groups = Map.groupBy(findings, (finding, index) =>
    finding.severity === "unchecked" ? `${finding.seen}\n${finding.fix}` : index,
  );
  const blocks = [...groups.values()].map((group) => block(group, width));
  return `${blocks.join("")}\n${summary(findings)}\n`;
}

/** How many findings there are of a severity. */
export function count(findings: readonly Finding[], severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

const MARKS: Readonly<Record<Severity, string>> = {
  ok: "ok",
  warning: "WARNING",
  error: "ERROR",
  unchecked: "not checked",
};
const MARK_WIDTH = 11;
const INDENT = " ".repeat(MARK_WIDTH + 2);
const MAX_CHARACTERS = 600; // texts come from image lists, logs and other hosts

/** @param group findings that say the same, of different checks */
function block(group: readonly Finding[], width: number): string {
  const [finding] = group;
  if (finding === undefined) {
    return "";
  }
  const mark = MARKS[finding.severity].padEnd(MARK_WIDTH);
  const seen = shown(finding.seen);
  if (finding.severity === "ok") {
    return `${mark}  ${finding.check.padEnd(width)}  ${seen}\n`;
  }
  const names = group.map(({ check }) => check).join(", ");
  return `${mark}  ${names}\n${INDENT}seen  ${seen}\n${INDENT}fix   ${shown(finding.fix)}\n`;
}

function shown(text: string): string {
  const line = printable(text);
  return line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS)}…` : line;
}

function summary(findings: readonly Finding[]): string {
  const parts: readonly (readonly [string, Severity])[] = [
    ["errors", "error"],
    ["warnings", "warning"],
    ["not checked", "unchecked"],
    ["ok", "ok"],
  ];
  return parts.map(([name, severity]) => `${name}: ${count(findings, severity)}`).join(", ");
}
