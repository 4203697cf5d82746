import { setTimeout as sleep } from "node:timers/promises";
import { createAdmin, type Admin } from "./admin.ts";
import type { CallRecord } from "./call-log.ts";
import { createDiskFiles } from "./disk-files.ts";
import type { FaultRule, InjectedFault } from "./faults.ts";
import { createHttpServer } from "./http-server.ts";
import { Oned } from "./oned.ts";
import type { SimulatorClock, SimulatorFiles } from "./ports.ts";
import { createSystemClock } from "./system-clock.ts";
import { createWorld, type Version } from "./world.ts";

/** All times are in seconds or, where the name says so, milliseconds. */
export interface SimulatorOptions {
  /** Where the datastores lie: an image of datastore 1 is copied to `<directory>/1/<hash>`. */
  readonly directory: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** SAFE_DIRS of the datastores, as resolved paths; default `/var/tmp`, as a stock install has. */
  readonly safeDirs?: readonly string[];
  /** How long an image stays LOCKED before its file is copied; default 0.3. */
  readonly copySeconds?: number;
  /** How long a deleted image stays in state DELETE; default 0.1. */
  readonly deleteSeconds?: number;
  /** Added before every call; default 0. */
  readonly latencyMs?: number;
  /** The OpenNebula to be like; default 7.0.2. */
  readonly version?: Version;
  /** Password of oneadmin; default `opennebula`. */
  readonly password?: string;
  /** Whether oned's user may read a file; default: as this process's user could without root's privileges. */
  readonly mayRead?: (
    path: string,
    stats: { readonly mode: number; readonly uid: number; readonly gid: number },
  ) => boolean;
  readonly clock?: SimulatorClock;
  readonly files?: SimulatorFiles;
}

/** An `oned` that can be asked, watched and made to misbehave. */
export interface OpenNebulaSimulator extends Admin {
  /** `http://HOST:PORT/RPC2`; stays the same after `stop` and `start`. */
  readonly url: string;
  /** Every call that arrived, oldest first, without its session. */
  calls(): readonly CallRecord[];
  resetCalls(): void;
  /** Makes the next matching calls go wrong. */
  inject(rule: FaultRule): InjectedFault;
  clearFaults(): void;
  /** Kills oned: calls in progress end without an answer, copies and deletions in progress are never finished, connections are refused. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Connections are refused until `start`, but oned lives: copies and calls in progress go on. */
  refuseConnections(): void;
  /** Looks every few milliseconds. @throws Error after `timeoutMs` (default 10000) */
  waitFor(predicate: () => boolean, what?: string, timeoutMs?: number): Promise<void>;
  /** Ends everything; the files in the datastores stay. */
  close(): Promise<void>;
}

/**
 * Starts a simulated OpenNebula front end with the users, groups and datastores of a fresh install
 * (oneadmin:opennebula; groups oneadmin 0 and users 1; datastores system 0, default 1, files 2).
 */
export async function startOpenNebula(options: SimulatorOptions): Promise<OpenNebulaSimulator> {
  const systemClock = createSystemClock();
  const world = createWorld({
    clock: options.clock ?? systemClock,
    files: options.files ?? createDiskFiles(options.mayRead),
    directory: options.directory,
    safeDirs: options.safeDirs ?? ["/var/tmp"],
    copySeconds: options.copySeconds ?? 0.3,
    deleteSeconds: options.deleteSeconds ?? 0.1,
    version: options.version ?? "7.0.2",
    password: options.password ?? "opennebula",
  });
  const oned = new Oned(world, { latencyMs: options.latencyMs ?? 0 });
  const host = options.host ?? "127.0.0.1";
  const server = createHttpServer(oned, host, options.port ?? 0);
  const url = `http://${host}:${await server.listen()}/RPC2`;
  return {
    ...createAdmin(world),
    url,
    calls: () => oned.calls.all(),
    resetCalls: () => oned.calls.reset(),
    inject: (rule) => oned.faults.inject(rule),
    clearFaults: () => oned.faults.clear(),
    stop: async () => {
      world.restart();
      await server.abort();
    },
    start: async () => {
      await server.listen();
    },
    refuseConnections: () => server.stopListening(),
    waitFor: async (predicate, what = "the condition", timeoutMs = 10_000) => {
      for (const end = performance.now() + timeoutMs; !predicate(); await sleep(POLL_MS)) {
        if (performance.now() > end) {
          throw new Error(`not within ${timeoutMs} ms: ${what}`);
        }
      }
    },
    close: async () => {
      world.restart();
      systemClock.close();
      await server.abort();
      await world.settled();
    },
  };
}

const POLL_MS = 5;
