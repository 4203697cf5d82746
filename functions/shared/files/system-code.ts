/** The system's code of an error (`ENOENT`, `ENOSPC`), or undefined when it has none. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
