import * as z from "zod";

/** Where the figures were measured. */
export type Machine = z.infer<typeof machineSchema>;
const machineSchema = z.object({
  processor: z.string(),
  cores: z.number(),
  memoryGib: z.number(),
  kernel: z.string(),
  /** Of the temporary directory, where all disks lie. */
  fileSystem: z.string(),
  node: z.string(),
  qemuImg: z.string(),
});

/** How a finding is drawn. */
export type Bar = z.infer<typeof barSchema>;
const barSchema = z.object({
  panel: z.enum(["ova", "ready", "others", "embedded", "elasticmq"]),
  label: z.string(),
  /** Whose figure it is. A floor is what nobody can do without. */
  of: z.enum(["ours", "theirs", "floor"]),
  /** What is promised at most. */
  limit: z.number().optional(),
});

/** One line of the benchmark. */
export type Finding = z.infer<typeof findingSchema>;
const findingSchema = z.object({
  what: z.string(),
  /** For a person: with its unit, spread or ratio. */
  value: z.string(),
  comparedWith: z.string(),
  /** The bare figures. */
  figures: z.record(z.string(), z.number()),
  /** Without one it is not in the picture. */
  bar: barSchema.optional(),
});

/** What a run has found: the file that `--json` names. */
export type Results = z.infer<typeof resultsSchema>;
export const resultsSchema = z.object({
  machine: machineSchema,
  /** Content of the disks that are converted. */
  mib: z.number(),
  findings: z.array(findingSchema),
});
