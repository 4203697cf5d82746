import * as z from "zod";
import { capturedSchema } from "./captured.ts";
import { warningCodesSchema } from "./warning-codes.ts";

/** A verified disk image that OpenNebula can copy. */
const artifactSchema = z.object({
  path: z.string().startsWith("/"),
  format: z.enum(["raw", "qcow2"]),
  /** Length of the file. */
  sizeBytes: z.int().min(0),
  virtualSizeBytes: z.int().min(1),
  /** Of the file; absent when OpenNebula is not to verify its copy, or makes none. */
  sha1: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
  /** The datastore in whose directory the file lies; absent when it lies in staging and OpenNebula is to copy it. */
  datastoreId: z.int().min(0).optional(),
  /** What is unusual about the image that it was made of; the version before sent none. */
  warnings: warningCodesSchema.default([]),
});

/** A job with what convert-image has made of its file: what register-image takes. */
export const convertedSchema = capturedSchema.extend({
  /** Absent for an expired event, and when there was nothing to convert or nothing left to convert it from. */
  artifact: artifactSchema.optional(),
});
export type Converted = z.infer<typeof convertedSchema>;
