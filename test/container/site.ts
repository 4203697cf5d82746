import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOpenNebula } from "../../functions/shared/opennebula/client.ts";
import type { Image, OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import { startOpenNebula, type OpenNebulaSimulator } from "../fakes/opennebula/simulator.ts";
import { untilImages, type UntilImages } from "../fakes/until-images.ts";
import { createVmcatcher, type Vmcatcher } from "../fakes/vmcatcher/vmcatcher.ts";
import { createProject, docker, type Project } from "./docker.ts";

/**
 * A front end as infra/compose.yaml expects it: this host runs vmcatcher with the hook of the image, and an OpenNebula that listens
 * where containers reach `front-end`. The functions run as a user that this host does not know.
 */
export interface ContainerSite {
  readonly directory: string;
  /** VMCATCHER_ONE_HOME. */
  readonly home: string;
  readonly project: Project;
  readonly simulator: OpenNebulaSimulator;
  readonly vmcatcher: Vmcatcher;
  readonly oneadmin: OpenNebula;
  images(): Promise<readonly Image[]>;
  readonly until: UntilImages;
  /** Ends the simulator and removes the files; the project must be down. */
  close(): Promise<void>;
}

/** uid and gid of `oneadmin`; not those that are built into the image. */
export const ONEADMIN = 54_321;

/** @param env settings beside those that the site makes itself */
export async function createContainerSite(
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ContainerSite> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-site-"));
  await chmod(directory, 0o755);
  const [home, cache] = [join(directory, "home"), join(directory, "vmcatcher", "cache")];
  const authFile = join(directory, "one_auth");
  await writeFile(authFile, "oneadmin:opennebula\n", { mode: 0o600 });
  await mkdir(home, { mode: 0o750 });
  await chown(home, ONEADMIN, ONEADMIN);
  await chown(authFile, ONEADMIN, ONEADMIN);
  const simulator = await startOpenNebula({
    directory: join(directory, "datastores"),
    safeDirs: [join(home, "staging")],
    host: await addressOfFrontEnd(),
    copySeconds: 1,
    latencyMs: 20,
    mayRead: (_path, file) => mayOneadmin(file),
  });
  const vmcatcher = await createVmcatcher({
    directory: join(directory, "vmcatcher"),
    hook: await installHook(directory),
    environment: { VMCATCHER_ONE_HOME: home },
  });
  const oneadmin = createOpenNebula({ endpoint: new URL(simulator.url), authFile });
  const images = () => oneadmin.images(AbortSignal.timeout(10_000));
  const settings = {
    RUN_AS: `${ONEADMIN}:${ONEADMIN}`,
    ONE_AUTH_FILE: authFile,
    ONE_XMLRPC: `http://front-end:${new URL(simulator.url).port}/RPC2`,
    VMCATCHER_ONE_HOME: home,
    VMCATCHER_CACHE_DIR_CACHE: cache,
    ...env,
  };
  return {
    directory,
    home,
    project: createProject(name, { files: ["compose.yaml"], env: settings }),
    simulator,
    vmcatcher,
    oneadmin,
    images,
    until: untilImages(images),
    close: async () => {
      await simulator.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Where this host is for containers. The engine knows, but tells only those. */
async function addressOfFrontEnd(): Promise<string> {
  const options = ["--rm", "--add-host=front-end:host-gateway", "--entrypoint=getent"];
  const [address = ""] = (
    await docker("run", ...options, "vmcatcher-one", "hosts", "front-end")
  ).split(" ");
  return address;
}

/** As README.md tells to. On a front end vmcatcher runs as oneadmin; here it is root, so files and hook change hands first. */
async function installHook(directory: string): Promise<string> {
  const hook = join(directory, "vmcatcher-hook");
  await writeFile(hook, `${await docker("run", "--rm", "vmcatcher-one", "hook-script")}\n`);
  await chmod(hook, 0o755);
  const wrapper = join(directory, "as-oneadmin");
  const lines = [
    "#!/bin/sh",
    `chown -R ${ONEADMIN}:${ONEADMIN} "$VMCATCHER_CACHE_DIR_CACHE"`,
    `exec setpriv --reuid=${ONEADMIN} --regid=${ONEADMIN} --clear-groups ${hook}`,
  ];
  await writeFile(wrapper, `${lines.join("\n")}\n`, { mode: 0o755 });
  return wrapper;
}

function mayOneadmin({ mode, uid, gid }: { mode: number; uid: number; gid: number }): boolean {
  const bit = uid === ONEADMIN ? 0o400 : gid === ONEADMIN ? 0o040 : 0o004;
  return (mode & bit) !== 0;
}
