/** What crashes and jobs that were given up leave behind: five kinds of files in staging, and images in OpenNebula. */
export const LEFTOVER_KINDS = [
  "pin",
  "disk",
  "partial",
  "progress",
  "warnings",
  "pending-image",
] as const;

export type LeftoverKind = (typeof LEFTOVER_KINDS)[number];
