import { errorText } from "../../shared/log/error-text.ts";
import { systemCode } from "../../shared/files/system-code.ts";
import { error, unchecked, type Verdict } from "../check.ts";

/** What it means that images are not pinned. */
export const PINNING =
  "the hook cannot pin images: one that vmcatcher moves before it is converted ends as a dead letter";

/** What was tried, and by whom. */
export interface Trial {
  readonly file: string;
  readonly staging: string;
  /** Whether both lie on one file system, as far as its number tells. */
  readonly isOneFileSystem: boolean;
  readonly isRoot: boolean;
}

/** What is to be said of a hard link that could not be made. */
export function noLink(
  thrown: unknown,
  { file, staging, isOneFileSystem, isRoot }: Trial,
): Verdict {
  const code = systemCode(thrown) ?? "";
  if (code === "ENOENT") {
    return unchecked(
      `${staging} does not exist yet`,
      "run doctor again when the functions have run once",
    );
  }
  if (!isRoot && MAYBE_ANOTHER_MAY.has(code)) {
    return unchecked(`this user may not link ${file} to ${staging}`, "run doctor as root");
  }
  const fix =
    code !== "EXDEV"
      ? (FIXES.get(code) ?? "the file system itself refuses: see what it says of the error")
      : isOneFileSystem
        ? "they are on one file system already, but below two mounts of it, and no hard link leads from one mount to another: put " +
          "VMCATCHER_ONE_HOME below the mount of vmcatcher's cache"
        : "put VMCATCHER_ONE_HOME on the file system of vmcatcher's cache, one that has hard links";
  return error(`${PINNING} (${errorText(thrown)})`, fix);
}

const MAYBE_ANOTHER_MAY = new Set(["EACCES", "EPERM", "EROFS"]);

const FIXES: ReadonlyMap<string, string> = new Map([
  ["EPERM", "put VMCATCHER_ONE_HOME and vmcatcher's cache on one file system that has hard links"],
  ["EROFS", "mount the file system of VMCATCHER_ONE_HOME so that it can be written"],
  ["ENOSPC", "make room on the file system of VMCATCHER_ONE_HOME"],
  ["EDQUOT", "raise the quota on the file system of VMCATCHER_ONE_HOME"],
]);
