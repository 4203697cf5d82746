import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig, type Config } from "../../../functions/shared/settings/config.ts";
import { addUser, findUser } from "../../fakes/opennebula/user-methods.ts";
import { Faults } from "../engine/faults.ts";
import { disk } from "../engine/modules/disk-operation.ts";
import { Random } from "../engine/random.ts";
import { SimulatedProcess, type Machinery } from "../engine/simulated-process.ts";
import { Timeline } from "../engine/timeline.ts";
import type { Schedule } from "../schedule.ts";
import { Administrator } from "./administrator.ts";
import { Broker } from "./broker.ts";
import { Datastore } from "./datastore.ts";
import { FrontEnd } from "./front-end.ts";
import { runProgram, type Task } from "./program.ts";
import { VirtualVmcatcher } from "./vmcatcher.ts";
import { Wire } from "./wire.ts";

/** A site with everything that is in it, in virtual time, in one directory that exists. */
export class Site {
  readonly directory: string;
  readonly config: Config;
  readonly timeline = new Timeline(START);
  readonly faults: Faults;
  readonly datastore = new Datastore();
  readonly broker: Broker;
  readonly frontEnd: FrontEnd;
  readonly wire: Wire;
  readonly vmcatcher: VirtualVmcatcher;
  readonly administrator: Administrator;
  readonly identifiers: readonly string[];
  readonly isIndexHidden: boolean;
  /** Why a process ended that should not have. */
  readonly accidents: string[] = [];
  readonly #schedule: Schedule;
  readonly #machinery: Machinery;
  /** The one that runs, or ran last, in each place. */
  readonly #processes: SimulatedProcess[] = [];
  readonly #everyProcess: SimulatedProcess[] = [];

  /** @param trace is told what happens */
  constructor(schedule: Schedule, directory: string, trace: (line: () => string) => void) {
    this.#schedule = schedule;
    this.directory = directory;
    this.isIndexHidden = schedule.index === "hidden";
    const home = join(directory, "home");
    mkdirSync(home, { recursive: true });
    const authFile = join(directory, "one_auth");
    this.config = configOf(schedule, home, authFile);
    disk.full = false;
    disk.links.clear();
    const { timeline } = this;
    const chance = (purpose: number): Random => new Random(schedule.seed * 8 + purpose);
    this.faults = new Faults(schedule.faults);
    this.#machinery = {
      timeline,
      random: chance(1),
      faults: this.faults,
      trace: (line) => trace(() => `${elapsed(timeline)} ${line()}`),
    };
    this.broker = new Broker(timeline, chance(2));
    this.frontEnd = new FrontEnd({
      timeline,
      random: chance(3),
      datastore: this.datastore,
      directory: join(directory, "datastores"),
      stagingDirectory: this.config.stagingDirectory,
    });
    this.wire = new Wire(this.frontEnd, timeline, chance(5));
    this.vmcatcher = new VirtualVmcatcher(home, {
      directory: join(directory, "vmcatcher"),
      timeline,
      random: chance(4),
      isIndexHidden: this.isIndexHidden,
      onEvent: () => this.#wakeAll(),
    });
    const { world } = this.frontEnd;
    const uid =
      schedule.account === "oneadmin"
        ? ONEADMIN
        : addUser(world, "member", "secret", [USERS, ONEADMIN]);
    const account = findUser(world, uid);
    writeFileSync(authFile, `${account.name}:${account.password}\n`);
    this.administrator = new Administrator(this.frontEnd, account);
    this.identifiers = Array.from({ length: schedule.images }, (_, index) => `image-${index}`);
    schedule.processes.forEach((_, index) => this.#boot(index));
  }

  trace(line: () => string): void {
    this.#machinery.trace(line);
  }

  process(index: number): SimulatedProcess | undefined {
    return this.#processes[index];
  }

  /** Lets time pass. */
  async pass(seconds: number): Promise<void> {
    let isOver = false;
    this.timeline.after(seconds * 1000, () => (isOver = true));
    await this.timeline.run(() => isOver);
  }

  /** Ends everything and removes the files. */
  close(): void {
    for (const process of this.#everyProcess) {
      process.end();
      process.stop.abort(); // Node keeps a signal made of others, and all that waits for it, until it is aborted
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** SIGTERM, and a new start some time after the process has ended. */
  stopProcess(index: number, downSeconds: number): void {
    const process = this.#processes[index];
    if (process?.alive === true && !process.stop.signal.aborted) {
      process.later(0, () => process.stop.abort(new Error("SIGTERM")));
      this.timeline.after((this.config.stopGraceSeconds + downSeconds) * 1000, () => {
        if (process.alive) {
          process.kill(1); // as the service manager does with one that does not end
        }
      });
    }
  }

  #boot(index: number): void {
    const tasks = this.#schedule.processes[index] ?? [];
    const process = new SimulatedProcess(`process ${index}`, this.#machinery, (downSeconds) =>
      this.timeline.after(downSeconds * 1000, () => this.#boot(index)),
    );
    this.#processes[index] = process;
    this.#everyProcess.push(process);
    process.run(() => void this.#life(process, tasks));
  }

  async #life(process: SimulatedProcess, tasks: readonly Task[]): Promise<void> {
    const { config, broker, wire } = this;
    const { janitor } = this.#schedule;
    try {
      await runProgram(tasks, process, {
        config,
        broker,
        wire,
        janitor,
        log: this.#machinery.trace,
      });
      if (!process.stop.signal.aborted) {
        this.accidents.push(`${process.name} ended by itself`);
      }
    } catch (error) {
      const what = error instanceof Error ? error.stack : String(error);
      this.accidents.push(`${process.name} failed: ${what}`);
    }
    process.kill(RESTART_SECONDS);
  }

  #wakeAll(): void {
    for (const process of this.#processes) {
      process.later(1, () => process.wake());
    }
  }
}

const START = Date.UTC(2026, 10, 22, 9, 26, 54);
const RESTART_SECONDS = 5;
/** Ids of a fresh OpenNebula: the user and the group oneadmin, the group users. */
const ONEADMIN = 0;
const USERS = 1;

/** Waits are shorter than by default where nothing but the number of looks depends on them. */
function configOf(schedule: Schedule, home: string, authFile: string): Config {
  return readConfig({
    VMCATCHER_ONE_HOME: home,
    ONE_AUTH: authFile,
    ONE_XMLRPC: "http://127.0.0.1:2633/RPC2",
    VMCATCHER_ONE_SLOTS: String(schedule.slots),
    VMCATCHER_ONE_CONVERT_SLOTS: String(schedule.slots),
    VMCATCHER_ONE_EXPIRE_UNKNOWN: schedule.expireUnknown,
    VMCATCHER_ONE_COPY_TIMEOUT_SECONDS: "120",
    VMCATCHER_ONE_SWEEP_SECONDS: schedule.janitor === "absent" ? "7200" : "36000",
    VMCATCHER_ONE_JANITOR_SECONDS: "36000",
  });
}

function elapsed(timeline: Timeline): string {
  return `${((timeline.now - START) / 1000).toFixed(3)} s`;
}
