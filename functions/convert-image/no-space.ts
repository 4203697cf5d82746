import { RetryLater } from "../shared/errors.ts";

/**
 * Waits for work that writes a file.
 * @throws RetryLater when the file system is full, or the quota; everything else as it is
 */
export async function noSpace<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      (error.code === "ENOSPC" || error.code === "EDQUOT")
    ) {
      throw new RetryLater(`no space for ${path}`, { cause: error });
    }
    throw error;
  }
}
