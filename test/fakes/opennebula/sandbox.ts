import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestClient, type TestClient } from "./client.ts";
import type { ImageSnapshot } from "./image-snapshot.ts";
import { startOpenNebula, type OpenNebulaSimulator, type SimulatorOptions } from "./simulator.ts";

/** A simulator with real files in a temporary directory, for its own tests; gone at the end of the scope. */
export interface Sandbox extends AsyncDisposable {
  readonly simulator: OpenNebulaSimulator;
  /** oneadmin. */
  readonly admin: TestClient;
  /** Makes a user with a password of `pw` in a new group. @returns a client for it */
  readonly user: (
    name: string,
    template?: Readonly<Record<string, string>>,
  ) => TestClient & { readonly uid: number; readonly gid: number };
  /** Writes a file into the directory that is safe to copy from. @returns its path */
  readonly file: (name: string, content: string | Buffer) => Promise<string>;
  /** Registers a file, `x.img` with an `x` in it by default, in datastore 1. @param options.more of its template @returns the image's id */
  readonly allocate: (options?: {
    readonly name?: string;
    readonly path?: string;
    readonly more?: string;
    readonly by?: TestClient;
  }) => Promise<number>;
  /** Below it: `safe`, `datastores`, and whatever a test makes. */
  readonly directory: string;
  /** Names of the files in a datastore. */
  readonly stored: (datastoreId?: number) => Promise<readonly string[]>;
  /** @throws Error when there is no such image */
  readonly image: (id: number) => ImageSnapshot;
  /** Waits until a state is reached. */
  readonly reaches: (id: number, state: ImageSnapshot["state"]) => Promise<ImageSnapshot>;
}

export async function openSandbox(options: Partial<SimulatorOptions> = {}): Promise<Sandbox> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "opennebula-")));
  const safe = join(directory, "safe");
  await mkdir(safe);
  const times = { copySeconds: 0.01, deleteSeconds: 0.01 };
  const simulator = await startOpenNebula({
    directory: join(directory, "datastores"),
    safeDirs: [safe],
    ...times,
    ...options,
  });
  const image = (id: number): ImageSnapshot => {
    const found = simulator.images().find((candidate) => candidate.id === id);
    if (found === undefined) {
      throw new Error(`there is no image ${id}`);
    }
    return found;
  };
  const admin = createTestClient(simulator.url);
  const file: Sandbox["file"] = async (name, content) => {
    const path = join(safe, name);
    await writeFile(path, content);
    return path;
  };
  return {
    simulator,
    directory,
    image,
    admin,
    file,
    allocate: async ({ name = "web", path, more = "", by = admin } = {}) => {
      const from = path ?? (await file("x.img", "x"));
      return by.id("one.image.allocate", `NAME="${name}"\nPATH="${from}"\n${more}`, 1);
    },
    user: (name, template = {}) => {
      const gid = simulator.createGroup(`group of ${name}`);
      const uid = simulator.createUser(name, "pw", gid, template);
      return { ...createTestClient(simulator.url, `${name}:pw`), uid, gid };
    },
    stored: async (datastoreId = 1) =>
      readdir(join(directory, "datastores", String(datastoreId))).catch(() => []),
    reaches: async (id, state) => {
      await simulator.waitFor(() => image(id).state === state, `image ${id} is ${state}`);
      return image(id);
    },
    [Symbol.asyncDispose]: async () => {
      await simulator.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
