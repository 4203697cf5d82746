import { readFile } from "node:fs/promises";

/** User and system time that a process has used, its children that have ended included. */
export async function cpuSeconds(pid: number): Promise<number> {
  const { own, children } = await cpuTimes(pid);
  return own + children;
}

/** User and system time of the children of a process that have ended. */
export async function childrenCpuSeconds(pid: number): Promise<number> {
  return (await cpuTimes(pid)).children;
}

/** What a process has handed to the file system so far, its children that have ended included. */
export async function writtenBytes(pid: number): Promise<number> {
  const io = await readFile(`/proc/${pid}/io`, "utf8");
  return Number(/^write_bytes: (\d+)$/m.exec(io)?.[1]);
}

/** Memory that a process has in use. */
export async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux

async function cpuTimes(pid: number): Promise<{ readonly own: number; readonly children: number }> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" "); // the name before it may hold blanks
  const seconds = (at: number) => (Number(fields[at]) + Number(fields[at + 1])) / TICKS_PER_SECOND;
  return { own: seconds(11), children: seconds(13) };
}
