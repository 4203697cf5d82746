import { runProcess, type RunningFunctions } from "../e2e/processes.ts";

/** Processes of functions that are started again when they were killed, as systemd or docker would. */
export class Supervisor {
  readonly #env: Readonly<Record<string, string>>;
  readonly #prefix: readonly string[];
  readonly #members: { readonly functions: readonly string[]; process: RunningFunctions }[];
  readonly #ended: string[] = [];
  #logs = "";
  readonly #killed = new Set<RunningFunctions>();
  #stopping = false;

  /** @param groups what each process runs. @param prefix as of `runProcess` */
  constructor(
    groups: readonly (readonly string[])[],
    env: Readonly<Record<string, string>>,
    prefix: readonly string[] = [],
  ) {
    this.#env = env;
    this.#prefix = prefix;
    this.#members = groups.map((functions) => ({ functions, process: this.#start(functions) }));
  }

  /** How often a process was killed. */
  get kills(): number {
    return this.#killed.size;
  }

  get size(): number {
    return this.#members.length;
  }

  /** The processes that run now, by what they run. */
  pids(): ReadonlyMap<string, number> {
    return new Map(
      this.#members.map(({ functions, process }) => [functions.join(" ") || "all", process.pid]),
    );
  }

  /** One process more. */
  add(functions: readonly string[]): void {
    this.#members.push({ functions, process: this.#start(functions) });
  }

  /** SIGKILL, then another one in its place. */
  async kill(index: number): Promise<void> {
    const member = this.#members[index];
    if (member === undefined) {
      throw new RangeError(`no process ${index}`);
    }
    const killed = member.process;
    this.#killed.add(killed);
    await killed.kill();
    this.#logs += killed.log();
    if (!this.#stopping) {
      member.process = this.#start(member.functions);
    }
  }

  /** @throws Error when a process has ended by itself: it would be waited for in vain */
  assertRunning(): void {
    if (this.#ended.length > 0) {
      throw new Error(`${this.#ended.join("; ")}\n${this.logs().slice(-LOG_CHARACTERS)}`);
    }
  }

  /** Everything that all of them have logged. */
  logs(): string {
    return this.#logs + this.#members.map(({ process }) => process.log()).join("");
  }

  /** Ends all in order. @throws Error when one had ended by itself before, or not with 0 */
  async stop(): Promise<void> {
    this.#stopping = true;
    const codes = await Promise.all(this.#members.map(({ process }) => process.stop()));
    const failed = codes.flatMap((code, index) =>
      code === 0 ? [] : [`${this.#members[index]?.functions.join(" ")} ended with ${code}`],
    );
    this.#ended.push(...failed);
    this.assertRunning();
  }

  #start(functions: readonly string[]): RunningFunctions {
    const started = runProcess(functions, this.#env, this.#prefix);
    const watch = async (): Promise<void> => {
      await started.ended;
      if (!this.#stopping && !this.#killed.has(started)) {
        this.#ended.push(`${functions.join(" ") || "all"} ended by itself`);
      }
    };
    void watch();
    return started;
  }
}

const LOG_CHARACTERS = 4000;
