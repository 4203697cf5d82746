import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the hook lies: beside the bundle, or in the sources. */
export function hookPath(): string {
  const candidates = ["./vmcatcher-hook", "../../enqueue-event/vmcatcher-hook"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw new Error(`the hook is missing, looked for ${candidates.join(" and ")}`);
  }
  return path;
}
