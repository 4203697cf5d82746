import { stat } from "node:fs/promises";
import { allocatedBytes } from "../../../functions/shared/disk/image-file.ts";
import { childrenCpuSeconds, writtenBytes } from "../process-cost.ts";
import { WAYS, type Way, type WayTask } from "./ways.ts";

/* Goes one way, in a process of its own, and tells what it took: way-process.ts WAY TASK, both as JSON. */

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
  const childrenMs = (await childrenCpuSeconds(process.pid)) * 1000;
  return {
    cpuMs: (userCPUTime + systemCPUTime) / 1000 + childrenMs,
    writtenBytes: await writtenBytes(process.pid),
  };
}
