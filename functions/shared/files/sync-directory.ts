import { open } from "node:fs/promises";

/** Brings the names in a directory to stable storage. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}
