import { futimesSync } from "node:fs";
import { currentProcess } from "../simulated-process.ts";

/** What an operation does to the disk; what fills it can find it full. */
export type Use = "reads" | "writes" | "fills";

/** The state of the disk that all processes share. */
export const disk = {
  full: false,
  /** When, in virtual milliseconds, a file was linked, which the kernel notes as a change of it: by inode. */
  links: new Map<bigint, number>(),
};

/**
 * An operation of the file system: the kernel's own, at once and undivided, but its outcome comes at a virtual time, and each of them
 * is a point where a process may be killed, stand still, or be refused.
 */
export function diskOperation<T>(what: string, use: Use, effect: () => T): Promise<T> {
  const process = currentProcess();
  const { random } = process.machinery;
  return process.operation({
    at: "disk",
    what: () => what,
    effect: () => {
      if (disk.full && use === "fills") {
        throw systemError("ENOSPC", what);
      }
      return effect();
    },
    latencyMs: random.next() * (random.chance(0.02) ? 200 : 0.5),
    fail: () => systemError(use === "fills" && random.chance(0.7) ? "ENOSPC" : "EIO", what),
  });
}

/** Gives a file that was written to the virtual time. */
export function touched<T>(fd: number, result: T): T {
  const seconds = currentProcess().machinery.timeline.now / 1000;
  futimesSync(fd, seconds, seconds);
  return result;
}

function systemError(code: "ENOSPC" | "EIO", what: string): Error {
  const text = code === "ENOSPC" ? "no space left on device" : "i/o error";
  return Object.assign(new Error(`${code}: ${text}, ${what}`), { code, syscall: what });
}
