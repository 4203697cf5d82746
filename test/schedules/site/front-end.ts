import { Oned, type Answer } from "../../fakes/opennebula/oned.ts";
import type { CallRecord } from "../../fakes/opennebula/call-log.ts";
import { METHODS } from "../../fakes/opennebula/methods.ts";
import { Parameters } from "../../fakes/opennebula/parameters.ts";
import type { XmlRpcValue } from "../../fakes/opennebula/envelope-value.ts";
import { findUser } from "../../fakes/opennebula/user-methods.ts";
import { createWorld, type World } from "../../fakes/opennebula/world.ts";
import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";
import type { Datastore } from "./datastore.ts";

/** Looks at OpenNebula right before and after each call that can change something. */
export interface CallWatcher {
  before(call: CallRecord): void;
  after(call: CallRecord, request: Pick<Request, "by" | "askedAt">): void;
}

/** One request that has come to the front end. */
export interface Request {
  readonly body: Buffer;
  /** Name of the process that sent it. */
  readonly by: string;
  /** When it was sent, in virtual time: it may have been long on its way. */
  readonly askedAt: number;
  /** The cluster has no leader in this moment. */
  readonly asWithoutLeader: boolean;
  /** @param isAlive says, when it arrives, whether oned still lives: if not, the connection was reset on the way */
  readonly onAnswer: (body: string, isAlive: () => boolean) => void;
  readonly onFailure: (text: string) => void;
}

/** What the front end is made of. */
interface FrontEndOptions {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly datastore: Datastore;
  readonly directory: string;
  readonly stagingDirectory: string;
}

/**
 * OpenNebula without a network: real request bodies go to the simulator's core, and its real answers come back, in virtual time.
 * It can be killed (copies and deletions under way are never finished, answers under way never arrive) and frozen (what was asked
 * meanwhile happens, in order, when it goes on: nobody may be waiting for it any more).
 */
export class FrontEnd {
  readonly world: World;
  readonly #oned: Oned;
  readonly #timeline: Timeline;
  readonly #random: Random;
  #watcher: CallWatcher | undefined;
  #isDown = false;
  #frozen: (() => void)[] | undefined;
  #lives = 0;
  #calls = 0;
  #second = 0;
  #inSecond = 0;
  /** The most calls that came within one second, also while nobody took them. */
  busiestSecond = 0;

  constructor({ timeline, random, datastore, directory, stagingDirectory }: FrontEndOptions) {
    this.#timeline = timeline;
    this.#random = random;
    this.world = createWorld({
      clock: {
        now: () => timeline.now,
        schedule: (afterMs, run) => timeline.after(afterMs * this.#slowness(), run),
      },
      files: datastore,
      directory,
      safeDirs: [stagingDirectory],
      copySeconds: 0.3,
      deleteSeconds: 0.1,
      version: "7.0.2",
      password: "opennebula",
    });
    this.#oned = new Oned(this.world, { latencyMs: 0 });
  }

  watch(watcher: CallWatcher): void {
    this.#watcher = watcher;
  }

  /** Calls that have arrived so far. */
  calls(): number {
    return this.#calls;
  }

  kill(): void {
    this.#isDown = true;
    this.#lives += 1;
    this.world.restart();
  }

  refuseConnections(): void {
    this.#isDown = true;
  }

  start(): void {
    this.#isDown = false;
  }

  freeze(): void {
    this.#frozen ??= [];
  }

  thaw(): void {
    const waiting = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const [index, request] of waiting.entries()) {
      this.#timeline.after(index, request);
    }
  }

  /** What oneadmin does by hand: at once, and without faults. @throws OneError as the API would answer */
  byHand(method: string, ...args: readonly (string | number | boolean)[]): void {
    const session: XmlRpcValue = { type: "string", value: "" };
    void METHODS.get(method)?.handle({
      world: this.world,
      user: findUser(this.world, 0),
      args: new Parameters([session, ...args.map(typed)]),
      run: this.world.run(),
      requestId: 0,
    });
  }

  /** A request has arrived. What it asks for is done even when nobody waits for the answer any more. */
  receive(request: Request): void {
    const { asWithoutLeader, onAnswer, onFailure } = request;
    this.#countSecond();
    if (this.#isDown) {
      onFailure("connect ECONNREFUSED");
      return;
    }
    if (this.#frozen !== undefined) {
      this.#frozen.push(() => this.receive(request));
      return;
    }
    this.world.zone.election = asWithoutLeader;
    this.#timeline.after(0, () => (this.world.zone.election = false));
    const life = this.#lives;
    void this.#serve(request).then((answer) =>
      answer.kind === "body"
        ? onAnswer(answer.body, () => life === this.#lives)
        : onFailure("read ECONNRESET"),
    );
  }

  #countSecond(): void {
    const second = Math.floor(this.#timeline.now / 1000);
    this.#inSecond = second === this.#second ? this.#inSecond + 1 : 1;
    this.#second = second;
    this.busiestSecond = Math.max(this.busiestSecond, this.#inSecond);
  }

  async #serve(request: Request): Promise<Answer> {
    const { body } = request;
    this.#calls += 1;
    const watcher = isLook(methodOf(body)) ? undefined : this.#watcher;
    const answering = this.#oned.answer(body);
    const [call] = this.#oned.calls.all();
    this.#oned.calls.reset();
    if (call === undefined || watcher === undefined) {
      return await answering;
    }
    watcher.before(call);
    const answer = await answering;
    watcher.after(call, request);
    return answer;
  }

  /** Large images take long, and an answer of a driver can take its time. */
  #slowness(): number {
    return this.#random.chance(0.1) ? this.#random.magnitude(1, 300) : 1;
  }
}

/** Whether a method only looks. */
export function isLook(method: string): boolean {
  return LOOKS.has(method);
}

/** The method that a request calls. */
export function methodOf(body: Buffer): string {
  return /<methodName>([^<]*)/.exec(body.toString("latin1", 0, 200))?.[1] ?? "";
}

const LOOKS: ReadonlySet<string> = new Set([
  "one.image.info",
  "one.imagepool.info",
  "one.datastorepool.info",
  "one.user.info",
  "one.system.version",
]);

function typed(value: string | number | boolean): XmlRpcValue {
  if (typeof value === "string") {
    return { type: "string", value };
  }
  return typeof value === "number" ? { type: "int", value } : { type: "boolean", value };
}
