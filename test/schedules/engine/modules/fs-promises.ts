import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeSync,
  type MakeDirectoryOptions,
  type RmOptions,
} from "node:fs";
import { isProgram } from "../programs.ts";
import { currentProcess } from "../simulated-process.ts";
import { disk, diskOperation, touched } from "./disk-operation.ts";
import { SimulatedFileHandle } from "./file-handle.ts";

/*
 * node:fs/promises as the functions see it in a simulation: real files, by way of the synchronous calls. A function that they begin
 * to use is missing here at first, which shows as an error of the import.
 */

/** Whether a file can be executed is asked of programs only. */
export function access(path: string, mode?: number): Promise<void> {
  return diskOperation("access", "reads", () => {
    if (mode !== constants.X_OK || !isProgram(path)) {
      accessSync(path, mode);
    }
  });
}

export function copyFile(from: string, to: string, mode?: number): Promise<void> {
  return diskOperation("copyFile", "fills", () => copyFileSync(from, to, mode));
}

export function link(existing: string, path: string): Promise<void> {
  return diskOperation("link", "writes", () => linkSync(existing, path));
}

/** The time of change is virtual: it is that of the link that the hook made, else that of the last writing. */
export function lstat(path: string, options: { readonly bigint?: boolean } = {}): Promise<unknown> {
  return diskOperation("lstat", "reads", () => {
    const { ino, mtimeMs } = lstatSync(path, { bigint: true });
    const changedMs = disk.links.get(ino) ?? Number(mtimeMs);
    return options.bigint === true
      ? Object.assign(lstatSync(path, { bigint: true }), { ctimeMs: BigInt(Math.round(changedMs)) })
      : Object.assign(lstatSync(path), { ctimeMs: changedMs });
  });
}

export function mkdir(path: string, options: MakeDirectoryOptions): Promise<void> {
  return diskOperation("mkdir", "writes", () => {
    // Nearly always it is there already, and to look is cheaper.
    if (options.recursive !== true || !existsSync(path)) {
      mkdirSync(path, options);
    }
  });
}

export function open(
  path: string,
  flags: string | number,
  mode?: number,
): Promise<SimulatedFileHandle> {
  const creates = typeof flags === "string" && /[wa]/.test(flags);
  const process = currentProcess();
  return diskOperation("open", creates ? "fills" : "reads", () => {
    const fd = openSync(path, flags, mode);
    return new SimulatedFileHandle(creates ? touched(fd, fd) : fd, process);
  });
}

export function readdir(path: string): Promise<string[]> {
  return diskOperation("readdir", "reads", () => readdirSync(path));
}

export function readFile(path: string, encoding: BufferEncoding): Promise<string> {
  return diskOperation("readFile", "reads", () => readFileSync(path, encoding));
}

export function rename(from: string, to: string): Promise<void> {
  return diskOperation("rename", "writes", () => renameSync(from, to));
}

export function rm(path: string, options?: RmOptions): Promise<void> {
  return diskOperation("rm", "writes", () => rmSync(path, options));
}

export function stat(path: string): Promise<unknown> {
  return diskOperation("stat", "reads", () => statSync(path));
}

export function statfs(path: string): Promise<unknown> {
  return diskOperation("statfs", "reads", () => {
    const { bavail, bsize } = statfsSync(path);
    return { bavail: disk.full ? 0 : bavail, bsize };
  });
}

export function utimes(path: string, atime: Date, mtime: Date): Promise<void> {
  return diskOperation("utimes", "writes", () => utimesSync(path, atime, mtime));
}

/** In two parts: a crash or a full disk can leave an empty file behind. */
export async function writeFile(
  path: string,
  content: string,
  { flag = "w", mode = 0o666 }: { readonly flag?: string; readonly mode?: number } = {},
): Promise<void> {
  const file = await open(path, flag, mode);
  try {
    await diskOperation("write", "fills", () => touched(file.fd, writeSync(file.fd, content)));
  } finally {
    await file.close();
  }
}
