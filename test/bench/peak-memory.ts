import { readdir, readFile } from "node:fs/promises";

/** The most memory that a process and all below it had in use since the watch began. */
export interface PeakMemory extends Disposable {
  readonly bytes: () => number;
}

/** Looks every few milliseconds: a child that lives for less is not seen. */
export function watchPeak(pid: number): PeakMemory {
  let peakBytes = 0;
  const look = async () => {
    peakBytes = Math.max(peakBytes, await residentBytes(pid));
  };
  const watch = setInterval(() => void look(), WATCH_MS);
  return { bytes: () => peakBytes, [Symbol.dispose]: () => clearInterval(watch) };
}

const WATCH_MS = 20;

/** Of a process and all below it, the largest that each had so far. */
async function residentBytes(pid: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    let bytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    for (const thread of await readdir(`/proc/${pid}/task`)) {
      const children = await readFile(`/proc/${pid}/task/${thread}/children`, "utf8");
      for (const child of children.split(" ").filter((text) => text !== "")) {
        bytes += await residentBytes(Number(child));
      }
    }
    return bytes;
  } catch {
    return 0; // it has ended
  }
}
