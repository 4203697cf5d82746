import { readdir } from "node:fs/promises";
import { systemCode } from "./errors.ts";

/** The names in a directory, in order; one that does not exist yet is an empty one. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT") {
      return [];
    }
    throw error;
  }
}
