import { readFile, stat } from "node:fs/promises";
import { allocatedBytes } from "../../../functions/shared/disk/image-file.ts";
import { WAYS, type Way, type WayTask } from "./ways.ts";

/* Goes one way, in a process of its own, and tells what it took: way-process.ts WAY TASK, both as JSON. */

const MILLISECONDS_PER_TICK = 10; // USER_HZ is 100 on every Linux

const [way, task]: [Way, WayTask] = JSON.parse(process.argv[2] ?? "");
const before = await used();
const start = performance.now();
const made = await WAYS[way](task);
const wallMs = performance.now() - start;
const after = await used();
const result = await stat(made);
process.stdout.write(
  JSON.stringify({
    wallMs,
    cpuMs: after.cpuMs - before.cpuMs,
    writtenBytes: after.writtenBytes - before.writtenBytes,
    resultBytes: made === task.image.path ? 0 : allocatedBytes(result),
  }),
);

/** By this process and by its children that have ended, so far. */
async function used() {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const stats = await readFile("/proc/self/stat", "utf8");
  const fields = stats.slice(stats.lastIndexOf(")") + 2).split(" "); // the name before it may hold blanks
  const childrenMs = (Number(fields[13]) + Number(fields[14])) * MILLISECONDS_PER_TICK;
  const io = await readFile("/proc/self/io", "utf8");
  return {
    cpuMs: (userCPUTime + systemCPUTime) / 1000 + childrenMs,
    writtenBytes: Number(/^write_bytes: (\d+)$/m.exec(io)?.[1]),
  };
}
