import { open, realpath, rm, stat, type FileHandle } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { HEAD_BYTES, recognise } from "./image-format.ts";
import type { CopyOrder, CopyOutcome, Probe, SimulatorFiles } from "./ports.ts";
import { copySparse } from "./sparse-copy.ts";

/** Whether oned's user may read a file of that mode and owner. */
export type MayRead = (
  path: string,
  stats: { readonly mode: number; readonly uid: number; readonly gid: number },
) => boolean;

/**
 * The real disk. oned is no root, so by default a file is readable when this process's user could read it without root's
 * privileges.
 */
export function createDiskFiles(mayRead: MayRead = asPlainUser): SimulatorFiles {
  return {
    probe: async (path) => probe(path, mayRead),
    resolve: async (path) => realpath(path).catch(() => undefined),
    copy: async (order) => copy(order, mayRead),
    remove: async (path) => rm(path, { force: true }).catch(() => undefined),
  };
}

async function probe(path: string, mayRead: MayRead): Promise<Probe> {
  if (!isAbsolute(path)) {
    return { problem: "missing" };
  }
  try {
    const stats = await stat(path);
    if (!mayRead(path, stats)) {
      return { problem: "denied" };
    }
    if (stats.isDirectory()) {
      return { sizeMb: 1 };
    }
    if (stats.size === 0) {
      return { problem: "empty" };
    }
    await using file = await open(path);
    const { virtualSizeBytes } = recognise(await readHead(file));
    return { sizeMb: Math.ceil((virtualSizeBytes ?? stats.size) / MIB) };
  } catch (error) {
    return {
      problem:
        error instanceof Error && "code" in error && error.code === "EACCES" ? "denied" : "missing",
    };
  }
}

async function copy({ from, to, md5, sha1 }: CopyOrder, mayRead: MayRead): Promise<CopyOutcome> {
  const source = await openReadable(from, mayRead);
  if (source === undefined) {
    return { ok: false, reason: "unreadable" };
  }
  await using file = source;
  try {
    if ((await file.stat()).isDirectory()) {
      return { ok: false, reason: "archive" };
    }
    const { format, compression, isArchive } = recognise(await readHead(file));
    const wanted = Object.entries({ md5, sha1 }).filter(([, digest]) => digest !== undefined);
    const digests = await copySparse(
      file,
      to,
      wanted.map(([algorithm]) => algorithm),
    );
    if (wanted.some(([, digest], index) => digest !== digests[index])) {
      return { ok: false, reason: "checksum" };
    }
    return isArchive ? { ok: false, reason: "archive" } : { ok: true, format, compression };
  } catch {
    return { ok: false, reason: "not writable" };
  }
}

async function openReadable(path: string, mayRead: MayRead): Promise<FileHandle | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined || mayRead(path, await file.stat())) {
    return file;
  }
  await file.close();
  return undefined;
}

async function readHead(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

const asPlainUser: MayRead = (_path, { mode, uid, gid }) => {
  if (uid === process.getuid?.()) {
    return (mode & 0o400) !== 0;
  }
  return gid === process.getgid?.() || process.getgroups?.().includes(gid) === true
    ? (mode & 0o040) !== 0
    : (mode & 0o004) !== 0;
};

const MIB = 1024 * 1024;
