import { mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheIndex } from "../../fakes/vmcatcher/cache-index.ts";
import { eventVariables, type Endorsed } from "../../fakes/vmcatcher/events.ts";
import { LIST_IDENTIFIER } from "../../fakes/vmcatcher/image-list.ts";
import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";
import { contentOf, type Content, type Form } from "./content.ts";
import { HookRecorder, type RecordedEvent } from "./hook-recorder.ts";

interface Listed extends Endorsed {
  readonly content: Content;
  readonly form: Form;
}

/**
 * vmcatcher and its hook in virtual time: the files, the record of the cache, and the entries in the spool are those of the real
 * ones; the order of events within a run too. Runs do not overlap, since cron starts them hours apart.
 */
export class VirtualVmcatcher {
  readonly events: RecordedEvent[] = [];
  readonly #directories: Record<"cache" | "expired" | "spool", string>;
  readonly #recorder: HookRecorder;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #onEvent: () => void;
  readonly #listed = new Map<string, Listed>();
  readonly #subscribed = new Set<string>();
  readonly #cached = new Map<string, Listed>();
  #isRunning = false;
  #isWaiting: { readonly failing: string | undefined } | undefined;
  #runs = 0;
  /** The database is locked: the hook gets no answer. */
  isLocked = false;

  constructor(
    home: string,
    options: {
      readonly directory: string;
      readonly timeline: Timeline;
      readonly random: Random;
      readonly isIndexHidden: boolean;
      readonly onEvent: () => void;
    },
  ) {
    const { directory, timeline, random, isIndexHidden, onEvent } = options;
    this.#directories = {
      cache: join(directory, "cache"),
      expired: join(directory, "expired"),
      spool: join(home, "spool"),
    };
    this.#timeline = timeline;
    this.#random = random;
    this.#onEvent = onEvent;
    const { cache, expired, spool } = this.#directories;
    const staging = join(home, "staging");
    for (const path of [cache, expired, join(spool, "new"), join(spool, "tmp"), staging]) {
      mkdirSync(path, { recursive: true });
    }
    this.#recorder = new HookRecorder({ cache, spool, staging, isIndexHidden, timeline });
  }

  endorse(identifier: string, version: number, form: Form): void {
    const content = contentOf(identifier, version, form);
    if (!this.#listed.has(identifier)) {
      this.#subscribed.add(identifier);
    }
    this.#listed.set(identifier, {
      identifier,
      file: "",
      title: `Image ${identifier} [Linux]`,
      version: String(version),
      list: LIST_IDENTIFIER,
      sha512: content.sha512,
      size: content.file.length,
      content,
      form,
      ...(form === "vhd" ? { format: "VHD" } : {}),
    });
  }

  subscribe(identifier: string, wanted: boolean): void {
    if (wanted) {
      this.#subscribed.add(identifier);
    } else {
      this.#subscribed.delete(identifier);
    }
  }

  drop(identifier: string): void {
    this.#listed.delete(identifier);
  }

  /** The record is lost with the cached files; a new run announces them without having expired them. */
  loseIndex(): void {
    for (const identifier of this.#cached.keys()) {
      rmSync(join(this.#directories.cache, identifier), { force: true });
    }
    this.#cached.clear();
    rmSync(join(this.#directories.cache, "cache.index"), { force: true });
  }

  /** One run of `vmcatcher_cache`. @param failing what cannot be downloaded this time */
  run(failing: string | undefined): void {
    if (this.#isRunning) {
      this.#isWaiting = { failing };
      return;
    }
    this.#isRunning = true;
    this.#runs += 1;
    const session = `session-${this.#runs}`;
    const outdated = [...this.#cached.values()].filter((image) => !this.#isCurrent(image));
    const phases = outdated.map((image) => () => this.#expire(image, session));
    phases.push(() => this.#download(session, failing));
    this.#inTurn(phases);
  }

  /** Whether its record names the identifier. */
  endorses(identifier: string): boolean {
    return this.#cached.has(identifier);
  }

  /** Whether its record names the identifier with this content. */
  names(identifier: string, sha512: string): boolean {
    return this.#cached.get(identifier)?.sha512 === sha512;
  }

  /** Events that wait in the spool; a run that is under way counts as one. */
  spooled(): number {
    return readdirSync(join(this.#directories.spool, "new")).length + (this.#isRunning ? 1 : 0);
  }

  #inTurn([phase, ...rest]: readonly (() => void)[]): void {
    if (phase !== undefined) {
      phase();
      this.#timeline.after(this.#random.magnitude(5, 2000), () => this.#inTurn(rest));
    }
  }

  #isCurrent({ identifier, sha512 }: Listed): boolean {
    return this.#subscribed.has(identifier) && this.#listed.get(identifier)?.sha512 === sha512;
  }

  #expire(image: Listed, session: string): void {
    const { identifier } = image;
    if (this.#cached.get(identifier) !== image) {
      return; // the record was lost meanwhile
    }
    const filename = `${identifier}.${this.#timeline.now.toFixed(3)}`;
    renameSync(
      join(this.#directories.cache, identifier),
      join(this.#directories.expired, filename),
    );
    this.#cached.delete(identifier);
    this.#saveIndex();
    this.#hook(eventVariables("ExpirePostfix", session, image, filename), image);
  }

  #download(session: string, failing: string | undefined): void {
    const wanted = [...this.#listed.values()].filter(
      ({ identifier }) =>
        identifier !== failing && this.#subscribed.has(identifier) && !this.#cached.has(identifier),
    );
    const downloads = wanted.map((image) => () => {
      const path = join(this.#directories.cache, image.identifier);
      writeFileSync(`${path}.partial`, image.content.file);
      utimesSync(`${path}.partial`, this.#timeline.now / 1000, this.#timeline.now / 1000);
      renameSync(`${path}.partial`, path);
      this.#cached.set(image.identifier, image);
      this.#saveIndex();
      this.#hook(eventVariables("AvailablePostfix", session, image, image.identifier), image);
    });
    const end = (): void => {
      this.#saveIndex();
      this.#isRunning = false;
      if (this.#isWaiting !== undefined) {
        const { failing: next } = this.#isWaiting;
        this.#isWaiting = undefined;
        this.run(next);
      }
    };
    this.#inTurn([...downloads, end]);
  }

  #saveIndex(): void {
    const entries = [...this.#cached].map(
      ([identifier, image]) =>
        [identifier, { image, message: "the signed list", filename: identifier }] as const,
    );
    writeFileSync(join(this.#directories.cache, "cache.index"), cacheIndex(new Map(entries)));
  }

  #hook(variables: Readonly<Record<string, string>>, image: Listed): void {
    const said =
      variables["VMCATCHER_EVENT_TYPE"] === "AvailablePostfix"
        ? { content: image.content, form: image.form }
        : { subscription: this.#subscription(image.identifier) };
    this.events.push(this.#recorder.record(variables, image.identifier, said));
    this.#onEvent();
  }

  #subscription(identifier: string): "subscribed" | "gone" | "unknown" {
    if (this.isLocked) {
      return "unknown";
    }
    return this.#subscribed.has(identifier) && this.#listed.has(identifier) ? "subscribed" : "gone";
  }
}
