import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { hookPath } from "../../functions/shared/spool/hook-path.ts";
import { eventVariables } from "../fakes/vmcatcher/events.ts";
import { spread, timed } from "./measure.ts";
import type { Finding } from "./results.ts";

/** What one event costs vmcatcher: the hook beside `sh -c true`, alternating, so that noise meets both. */
export async function* benchHook(): AsyncGenerator<Finding> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-bench-"));
  try {
    const cache = join(directory, "cache");
    await mkdir(cache);
    await writeFile(join(cache, IDENTIFIER), "an image");
    const image = {
      identifier: IDENTIFIER,
      file: "",
      title: "title",
      version: "1",
      sha512: "0".repeat(128),
      size: 8,
      list: "list",
    };
    const env = {
      PATH: "/usr/bin:/bin",
      VMCATCHER_ONE_HOME: directory,
      VMCATCHER_CACHE_DIR_CACHE: cache,
      ...eventVariables("AvailablePostfix", "session", image, IDENTIFIER),
    };
    const hook: number[] = [];
    const nothing: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      nothing.push(await timed(() => execa("/bin/sh", ["-c", "true"], { extendEnv: false, env })));
      hook.push(await timed(() => execa("/bin/sh", ["-c", hookPath()], { extendEnv: false, env })));
    }
    const [ours, floor] = [spread(hook), spread(nothing)];
    const more = ours.median - floor.median;
    yield {
      what: "hook, AvailablePostfix (median, min-max)",
      value: `${ours.median.toFixed(1)} ms (${ours.min.toFixed(1)}-${ours.max.toFixed(1)})`,
      comparedWith: `sh -c true ${floor.median.toFixed(1)} ms: ${more.toFixed(1)} ms more, ${(ours.median / floor.median).toFixed(1)} x`,
      figures: { medianMs: ours.median, floorMs: floor.median, moreMs: more },
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
const ROUNDS = 60;
