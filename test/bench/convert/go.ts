import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { execa } from "execa";
import * as z from "zod";
import { BUNDLING } from "../../../infra/build.ts";
import { watchPeak } from "../peak-memory.ts";
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

/**
 * Goes a way in a process of its own, and watches its memory. The task's directory is made for it, and removed with all that is in it.
 * @param program as of `bundleWays`
 */
export async function go(program: string, way: Way, task: WayTask): Promise<Cost> {
  await mkdir(task.directory);
  try {
    const running = execa(process.execPath, [program, JSON.stringify([way, task])], {
      stderr: "inherit",
    });
    using peak = watchPeak(running.pid ?? 0);
    const { stdout } = await running;
    return { ...costSchema.parse(JSON.parse(stdout)), peakBytes: peak.bytes() };
  } finally {
    await rm(task.directory, { recursive: true });
  }
}
