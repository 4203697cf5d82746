/** What crashes and jobs that were given up leave behind: four kinds of files in staging, and images in OpenNebula. */
export const LEFTOVER_KINDS = ["pin", "disk", "partial", "progress", "pending-image"] as const;

export type LeftoverKind = (typeof LEFTOVER_KINDS)[number];
