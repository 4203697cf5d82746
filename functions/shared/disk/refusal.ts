import { GiveUp, type Facts } from "../step/errors.ts";

/** Why an image is not taken: stable codes, for dead letters and for the operator's documentation. */
export type RefusalCode =
  // what the file is
  | "not-a-file"
  | "unknown-format"
  | "empty"
  | "truncated"
  | "format-mismatch"
  | "multiple-formats"
  | "nested-format"
  | "iso"
  | "unrecognised"
  | "encrypted"
  | "virtual-size"
  | "expansion"
  | "unsupported-compression"
  // disk formats
  | "bad-header"
  | "corrupt"
  | "table-limit"
  | "unsupported-version"
  | "unsupported-subformat"
  | "unknown-feature"
  | "backing-file"
  | "external-data-file"
  | "external-extent"
  | "parent-disk"
  // tar
  | "tar-bad"
  | "tar-path"
  | "tar-link"
  | "tar-special"
  | "tar-sparse"
  | "tar-duplicate"
  | "tar-truncated"
  | "tar-limit"
  // OVF
  | "ovf-missing"
  | "ovf-multiple"
  | "ovf-doctype"
  | "ovf-limit"
  | "ovf-bad"
  | "ovf-external-ref"
  | "ovf-missing-file"
  | "ovf-no-disk"
  | "ovf-size-mismatch"
  | "manifest-mismatch"
  | "several-disks"
  // the step
  | "source-gone"
  | "checksum-mismatch"
  | "conversion-failed"
  | "conversion-timeout";

/** A `GiveUp` whose code is one of the documented ones. */
export function refusal(
  code: RefusalCode,
  sentence: string,
  facts: Facts = {},
  cause?: unknown,
): GiveUp {
  return new GiveUp(code, sentence, { facts, cause });
}

/** A foreign name as it may stand in a sentence or a log line: quoted, control characters escaped, cut. */
export function quoted(name: string): string {
  const MAX_SHOWN = 120;
  const shown = name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name;
  // JSON leaves DEL, C1 controls and the bidirectional overrides as they are; terminals obey them.
  return JSON.stringify(shown).replaceAll(
    /[\u007F-\u009F\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu,
    (character) => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
