import { hash } from "node:crypto";
import { chmod, mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeRaw, type Appliance } from "../../functions/cli/demo/appliance.ts";
import { hookPath } from "../../functions/shared/spool/hook-path.ts";
import { readConfig, type Config } from "../../functions/shared/settings/config.ts";
import { createOpenNebula } from "../../functions/shared/opennebula/client.ts";
import type { Image, OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import {
  startOpenNebula,
  type OpenNebulaSimulator,
  type SimulatorOptions,
} from "./opennebula/simulator.ts";
import { untilImages, type UntilImages } from "./until-images.ts";
import { createVmcatcher, type Vmcatcher } from "./vmcatcher/vmcatcher.ts";

/** A site in one temporary directory: vmcatcher, an OpenNebula front end, and where vmcatcher-one lives. */
export interface Site {
  readonly directory: string;
  /** The settings as a process gets them. */
  readonly env: Readonly<Record<string, string>>;
  readonly config: Config;
  readonly simulator: OpenNebulaSimulator;
  readonly vmcatcher: Vmcatcher;
  /** OpenNebula as oneadmin sees it. */
  readonly oneadmin: OpenNebula;
  /** All images, newest first. */
  images(): Promise<readonly Image[]>;
  readonly until: UntilImages;
  /** Has vmcatcher's list name a RAW image of its own for that version. */
  endorseRaw(identifier: string, version: string): Promise<Appliance>;
  /** Of the disk that an image has in its datastore. */
  diskSha256(imageId: number): Promise<string>;
  close(): Promise<void>;
}

/** @param options.env settings beside those that the site makes itself. @param options.hookEnv variables of the hook beside vmcatcher's */
export async function createSite(
  options: {
    readonly simulator?: Partial<SimulatorOptions>;
    readonly env?: Readonly<Record<string, string>>;
    readonly hookEnv?: Readonly<Record<string, string>>;
  } = {},
): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  await chmod(directory, 0o755); // oned opens what is staged here
  const home = join(directory, "home");
  await mkdir(home);
  const simulator = await startOpenNebula({
    directory: join(directory, "datastores"),
    safeDirs: [home],
    ...options.simulator,
  });
  const authFile = join(directory, "one_auth");
  await writeFile(authFile, "oneadmin:opennebula\n", { mode: 0o600 });
  const env = {
    VMCATCHER_ONE_HOME: home,
    ONE_XMLRPC: simulator.url,
    ONE_AUTH: authFile,
    VMCATCHER_ONE_HTTP: "127.0.0.1:0", // several processes of a site run on one host
    VMCATCHER_ONE_CACHE_INDEX: join(directory, "vmcatcher", "cache", "cache.index"),
    VMCATCHER_ONE_VMCATCHER_DB: join(directory, "vmcatcher", "vmcatcher.db"),
    VMCATCHER_CACHE_DIR_DOWNLOAD: join(directory, "vmcatcher", "partial"),
    VMCATCHER_ONE_CONSOLE: "127.0.0.1:0",
    ...options.env,
  };
  const config = readConfig(env);
  const vmcatcher = await createVmcatcher({
    directory: join(directory, "vmcatcher"),
    hook: hookPath(),
    environment: { VMCATCHER_ONE_HOME: home, ...options.hookEnv },
  });
  const oneadmin = createOpenNebula({ endpoint: config.oneXmlrpc, authFile });
  const images = () => oneadmin.images(AbortSignal.timeout(10_000));
  return {
    directory,
    env,
    config,
    simulator,
    vmcatcher,
    oneadmin,
    images,
    until: untilImages(images),
    endorseRaw: async (identifier, version) => {
      const name = `${identifier}-${version}`;
      const raw = await makeRaw(join(directory, "repository"), name, name);
      const listed = { identifier, file: raw.file, title: "an image", version, format: "RAW" };
      await vmcatcher.endorse(listed);
      return raw;
    },
    diskSha256: async (imageId) => hash("sha256", await readFile(simulator.sourceOf(imageId))),
    close: async () => {
      await simulator.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
