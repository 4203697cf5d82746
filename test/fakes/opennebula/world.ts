import { installFresh } from "./fresh-install.ts";
import type { Image } from "./image.ts";
import type { SimulatorClock, SimulatorFiles } from "./ports.ts";
import type { Template } from "./template.ts";
import type { Vm } from "./vm.ts";

/** The versions whose differences are known. */
export type Version = "6.10.5" | "7.0.2" | "7.4.0";

/** Most that a user or a group may own in one datastore; -1 and -2 are no limit. */
export interface QuotaLimit {
  readonly images: number;
  readonly sizeMb: number;
}

/** A user. The first group is the primary one. */
export interface User {
  readonly id: number;
  readonly name: string;
  readonly password: string;
  readonly authDriver: "core" | "server_cipher";
  readonly quotas: Map<number, QuotaLimit>;
  groups: number[];
  template: Template;
}

/** A group. */
export interface Group {
  readonly id: number;
  readonly name: string;
  readonly template: Template;
  readonly quotas: Map<number, QuotaLimit>;
  /** Whether an ACL lets its members create images and VMs; a new group has none. */
  mayCreate: boolean;
}

/** A datastore. */
export interface Datastore {
  readonly id: number;
  readonly name: string;
  readonly type: "IMAGE" | "SYSTEM" | "FILE";
  readonly template: Template;
  /** The groups that may use it; `all` is what OpenNebula's own ACLs give. */
  readonly usableBy: "all" | readonly number[];
  /** What its last monitoring found. An image that is bigger than `freeMb` is refused only once a test has set it. */
  space: { readonly totalMb: number; readonly freeMb: number; readonly usedMb: number };
  enforcesSpace: boolean;
}

/** What a world is made with. */
export interface WorldOptions {
  readonly clock: SimulatorClock;
  readonly files: SimulatorFiles;
  readonly directory: string;
  readonly safeDirs: readonly string[];
  readonly copySeconds: number;
  readonly deleteSeconds: number;
  readonly version: Version;
  readonly password: string;
}

/** All that oned knows, and the ports through which it touches time and disk. Everything else here are functions over it. */
export interface World extends WorldOptions {
  readonly users: Map<number, User>;
  readonly groups: Map<number, Group>;
  readonly datastores: Map<number, Datastore>;
  readonly images: Map<number, Image>;
  readonly vms: Map<number, Vm>;
  /** Ids are never given twice. */
  readonly nextIds: { user: number; group: number; datastore: number; image: number; vm: number };
  readonly zone: { disabled: boolean; election: boolean };
  /** Counts oned's starts: work that began in an earlier run is never finished. */
  run(): number;
  restart(): void;
  /** Notes work in the background, for `settled`. */
  track(work: Promise<void>): void;
  /** Resolves when no file is being worked on. */
  settled(): Promise<void>;
}

/** A fresh install. */
export function createWorld(options: WorldOptions): World {
  let run = 0;
  const working = new Set<Promise<void>>();
  const world: World = {
    ...options,
    users: new Map(),
    groups: new Map(),
    datastores: new Map(),
    images: new Map(),
    vms: new Map(),
    nextIds: { user: 2, group: 100, datastore: 100, image: 0, vm: 0 },
    zone: { disabled: false, election: false },
    run: () => run,
    restart: () => {
      run += 1;
    },
    track: (work) => {
      working.add(work);
      void work.finally(() => working.delete(work));
    },
    settled: async () => {
      await Promise.allSettled(working);
    },
  };
  installFresh(world);
  return world;
}

/** Now, in seconds since 1970. */
export function nowSeconds(world: World): number {
  return Math.floor(world.clock.now() / 1000);
}
