import { RetryLater } from "../shared/step/errors.ts";
import { systemCode } from "../shared/files/system-code.ts";

/**
 * Waits for work that writes a file.
 * @throws RetryLater when the file system is full, or the quota; everything else as it is
 */
export async function noSpace<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (["ENOSPC", "EDQUOT"].includes(systemCode(error) ?? "")) {
      throw new RetryLater(`no space for ${path}`, { cause: error });
    }
    throw error;
  }
}
