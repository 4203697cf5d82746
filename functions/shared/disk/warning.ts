import type { Facts } from "../step/errors.ts";

/** What is unusual about an image that is taken all the same: stable codes, as of refusals. */
export type WarningCode =
  /** A raw disk in which nothing is found that disks begin with. */
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

/** @param facts short and printable, as of a refusal */
export function warning(code: WarningCode, sentence: string, facts: Facts = {}): Warning {
  return { code, sentence, facts };
}
