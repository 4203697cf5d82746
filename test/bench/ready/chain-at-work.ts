import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { hookPath } from "../../../functions/shared/spool/hook-path.ts";
import { allocatedBytes } from "../../../functions/shared/disk/image-file.ts";
import { runProcess } from "../../e2e/processes.ts";
import { createDiskFiles } from "../../fakes/opennebula/disk-files.ts";
import type { SimulatorFiles } from "../../fakes/opennebula/ports.ts";
import { createSite, type Site } from "../../fakes/site.ts";
import { eventVariables } from "../../fakes/vmcatcher/events.ts";
import { copySparse } from "../convert/copy-sparse.ts";
import type { Cost } from "../convert/go.ts";
import type { BenchImage } from "../convert/inputs.ts";
import { watchPeak } from "../peak-memory.ts";
import { childrenCpuSeconds, cpuSeconds, writtenBytes } from "../process-cost.ts";

/** All functions in one process of the bundle, with the embedded queue and an OpenNebula that copies as fast as `cp` does. */
export interface ChainAtWork extends AsyncDisposable {
  /**
   * Announces an image that the site has not had.
   * @returns what it took from the hook's start to an image that is READY and has its NAME; OpenNebula's copy is part of it
   */
  eventToReady(image: BenchImage): Promise<Cost>;
}

/** @param direct whether disks are made in the datastore's directory */
export async function startChain(direct: boolean): Promise<ChainAtWork> {
  const site = await createSite({ simulator: { copySeconds: 0, files: copying } });
  const datastores = join(site.directory, "datastores");
  await mkdir(join(datastores, "1"), { recursive: true });
  const functions = runProcess([], {
    ...site.env,
    ...(direct ? { VMCATCHER_ONE_DATASTORE_LOCATION: datastores } : {}),
  });
  return {
    eventToReady: async (image) => {
      const identifier = randomUUID();
      const before = await used(functions.pid);
      using peak = watchPeak(functions.pid);
      const start = performance.now();
      await runHook(site, image, identifier); // its end is too late: the event is taken before the shell has ended
      const id = await untilReady(site, identifier);
      const wallMs = performance.now() - start;
      await untilTidy(site);
      const after = await used(functions.pid);
      const result = await stat(site.simulator.sourceOf(id));
      await site.oneadmin.delete(id, false, AbortSignal.timeout(10_000));
      return {
        wallMs,
        cpuMs: after.cpuMs - before.cpuMs,
        writtenBytes: after.writtenBytes - before.writtenBytes,
        resultBytes: allocatedBytes(result),
        peakBytes: peak.bytes(),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await functions.stop();
      await site.close();
    },
  };
}

const copying: SimulatorFiles = {
  ...createDiskFiles(),
  copy: async ({ from, to }) => {
    await copySparse(from, to);
    return { ok: true, format: "raw", compression: undefined };
  },
};

const TIMEOUT_MS = 10 * 60_000;
const LOOK_MS = 20;

/** As vmcatcher does when it has an image in its cache. */
async function runHook(site: Site, image: BenchImage, identifier: string): Promise<void> {
  const cache = site.vmcatcher.cacheDirectory;
  await link(image.path, join(cache, identifier));
  const { size } = await stat(image.path);
  const listed = { identifier, file: "", title: image.name, version: "1", format: "OVA" };
  await execa("/bin/sh", ["-c", hookPath()], {
    extendEnv: false,
    env: {
      PATH: "/usr/bin:/bin",
      VMCATCHER_ONE_HOME: dirname(site.config.stagingDirectory),
      VMCATCHER_CACHE_DIR_CACHE: cache,
      ...eventVariables(
        "AvailablePostfix",
        randomUUID(),
        { ...listed, sha512: image.sha512, size, list: "list" },
        identifier,
      ),
    },
  });
}

async function untilReady({ simulator }: Site, identifier: string): Promise<number> {
  const ready = () =>
    simulator.images().find(({ name, state }) => name === identifier && state === "READY");
  await simulator.waitFor(() => ready() !== undefined, "the image is READY", TIMEOUT_MS);
  return ready()?.id ?? -1;
}

/** Until the chain has removed what it staged: it is part of the work, though nobody waits for it. */
async function untilTidy({ config }: Site): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  while ((await readdir(config.stagingDirectory)).length > 0) {
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** By the chain, and by the hook and OpenNebula's copies, which are children of this process; the simulator itself does not count. */
async function used(pid: number) {
  const cpu = (await cpuSeconds(pid)) + (await childrenCpuSeconds(process.pid));
  return {
    cpuMs: cpu * 1000,
    writtenBytes: (await writtenBytes(pid)) + (await writtenBytes(process.pid)),
  };
}
