import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { execa } from "execa";
import * as z from "zod";
import { BUNDLING } from "../../../infra/build.ts";
import type { Way, WayTask } from "./ways.ts";

const costSchema = z.object({
  wallMs: z.number(),
  /** User and system, children included. */
  cpuMs: z.number(),
  /** Handed to the file system by all processes. */
  writtenBytes: z.number(),
  /** What the result occupies; 0 when it is the image itself. */
  resultBytes: z.number(),
});

/** What a way took, once. */
export type Cost = z.infer<typeof costSchema> & {
  /** Of all processes together. */
  readonly peakBytes: number;
};

/** Bundles the program that goes ways, as ours is when it is at work. @returns its path */
export async function bundleWays(directory: string): Promise<string> {
  const threads = ["shared/disk/grains/grain-thread", "convert-image/digest-thread"];
  await build({
    ...BUNDLING,
    entryPoints: [
      "test/bench/convert/way-process.ts",
      ...threads.map((thread) => `functions/${thread}.ts`),
    ],
    entryNames: "[name]",
    outdir: directory,
  });
  await writeFile(join(directory, "package.json"), `{ "type": "module" }\n`);
  return join(directory, "way-process.js");
}

/** Goes a way in a process of its own, and watches its memory. @param program as of `bundleWays` */
export async function go(program: string, way: Way, task: WayTask): Promise<Cost> {
  const running = execa(process.execPath, [program, JSON.stringify([way, task])], {
    stderr: "inherit",
  });
  let peakBytes = 0;
  const look = async () => {
    peakBytes = Math.max(peakBytes, await residentBytes(running.pid ?? 0));
  };
  const watch = setInterval(() => void look(), WATCH_MS);
  try {
    const { stdout } = await running;
    return { ...costSchema.parse(JSON.parse(stdout)), peakBytes };
  } finally {
    clearInterval(watch);
  }
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
