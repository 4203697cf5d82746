import type { Facts } from "../step/errors.ts";

/** What is unusual about an image that is taken all the same: stable codes, as of refusals. */
export type WarningCode =
  /** A disk in which nothing is found that disks begin with. */
  | "unrecognised"
  /** Of several disks nothing tells which one boots. */
  | "boot-disk-unknown"
  /** The OVF declares another length of the file than it has. */
  | "ovf-size"
  /** The OVF declares another virtual size than the disk's own header. */
  | "ovf-capacity"
  /** The OVF uses a namespace prefix that it does not declare. */
  | "ovf-prefix";

/** Something about an image that a person should know; the image is taken. */
export interface Warning {
  readonly code: WarningCode;
  readonly sentence: string;
  readonly facts: Facts;
}

/** The codes of warnings, each once. */
export function codesOf(warnings: readonly Warning[]): readonly WarningCode[] {
  return [...new Set(warnings.map(({ code }) => code))];
}

/** Whether a code says that the image may be no disk, or not the one that boots: somebody should try it. */
export function isDoubt(code: string): boolean {
  return DOUBTS.has(code);
}

const DOUBTS: ReadonlySet<string> = new Set([
  "unrecognised",
  "boot-disk-unknown",
] satisfies WarningCode[]);

/** What a code says of the image that has it: for where the code alone has come, without the facts. */
export function warningSentence(code: string): string {
  return SENTENCES.get(code) ?? `it has the warning ${code}, which this version does not know`;
}

const SENTENCES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    unrecognised: "doubtful, nothing in the disk says that it is one",
    "boot-disk-unknown": "nothing told which of the appliance's disks boots: check that it does",
    "ovf-size": "its OVF declares another length of the disk's file",
    "ovf-capacity": "its OVF declares another virtual size than the disk has",
    "ovf-prefix": "its OVF uses a namespace prefix that it does not declare",
  } satisfies Record<WarningCode, string>),
);

/** @param facts short and printable, as of a refusal */
export function warning(code: WarningCode, sentence: string, facts: Facts = {}): Warning {
  return { code, sentence, facts };
}
