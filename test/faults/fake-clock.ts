import { existsSync } from "node:fs";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A wall clock that some processes share and that can be set while they run. Nobody else's clock changes. */
export interface FakeClock {
  /** What a process needs to live by it. Its monotonic clock stays the kernel's, as it does when a real clock is set. */
  readonly env: Readonly<Record<string, string>>;
  /** The same for a JVM, which looks at the clock so often that it may read the file only once a second, and hangs with libfaketime's timed waits. */
  readonly jvmEnv: Readonly<Record<string, string>>;
  /** Sets it so many hours ahead of the true time. */
  set(hours: number): Promise<void>;
  close(): Promise<void>;
}

/** @throws Error when libfaketime is not installed */
export async function createFakeClock(): Promise<FakeClock> {
  const directory = await mkdtemp(join(tmpdir(), "faketime-"));
  const file = join(directory, "offset");
  const set = async (hours: number): Promise<void> => {
    await writeFile(`${file}.new`, `${hours < 0 ? "" : "+"}${hours}h`);
    await rename(`${file}.new`, file); // it is read at every look at the clock
  };
  await set(0);
  const env = {
    LD_PRELOAD: await findLibrary(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    NO_FAKE_STAT: "1",
  };
  return {
    env: { ...env, FAKETIME_NO_CACHE: "1" },
    jvmEnv: { ...env, FAKETIME_CACHE_DURATION: "1", FAKETIME_FORCE_MONOTONIC_FIX: "0" },
    set,
    close: () => rm(directory, { recursive: true }),
  };
}

/** Debian keeps it below the directory of the architecture, others below /usr/lib64. The one for threads. */
async function findLibrary(): Promise<string> {
  for (const parent of ["/usr/lib", "/usr/lib64"]) {
    for (const name of ["", ...(await readdir(parent).catch(() => []))]) {
      const path = join(parent, name, "faketime", "libfaketimeMT.so.1");
      if (existsSync(path)) {
        return path;
      }
    }
  }
  throw new Error("libfaketime is missing: install faketime (Debian) or libfaketime");
}
