import {
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseEntry } from "../../../functions/enqueue-event/entry.ts";
import { jobOf } from "../../../functions/enqueue-event/message.ts";
import { eventVariables, type Endorsed } from "../../fakes/vmcatcher/events.ts";
import { indexOf, LIST_IDENTIFIER } from "../../fakes/vmcatcher/cache-index.ts";
import { disk } from "../engine/modules/disk-operation.ts";
import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";
import { contentOf, type Content, type Form } from "./content.ts";

/** An event as the hook has recorded it. */
export interface RecordedEvent {
  readonly jobId: string;
  readonly identifier: string;
  /** As `Job.eventTime`. */
  readonly time: string;
  readonly what:
    | { readonly kind: "available"; readonly content: Content; readonly form: Form }
    | { readonly kind: "expired"; readonly subscription: "subscribed" | "gone" | "unknown" };
}

interface Listed extends Endorsed {
  readonly content: Content;
  readonly form: Form;
}

/** Where vmcatcher and the hook write. */
interface Directories {
  readonly cache: string;
  readonly expired: string;
  readonly spool: string;
  readonly staging: string;
}

/**
 * vmcatcher and its hook in virtual time: the files, the record of the cache, and the entries in the spool are those of the real
 * ones; the order of events within a run too. Runs do not overlap, since cron starts them hours apart.
 */
export class VirtualVmcatcher {
  readonly events: RecordedEvent[] = [];
  readonly #directories: Directories;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #onEvent: () => void;
  readonly #isIndexHidden: boolean;
  readonly #listed = new Map<string, Listed>();
  readonly #subscribed = new Set<string>();
  readonly #cached = new Map<string, Listed>();
  #isRunning = false;
  #isWaiting: { readonly failing: string | undefined } | undefined;
  #runs = 0;
  #entries = 0;
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
      staging: join(home, "staging"),
    };
    this.#timeline = timeline;
    this.#random = random;
    this.#onEvent = onEvent;
    this.#isIndexHidden = isIndexHidden;
    const { cache, expired, spool, staging } = this.#directories;
    for (const path of [cache, expired, join(spool, "new"), join(spool, "tmp"), staging]) {
      mkdirSync(path, { recursive: true });
    }
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
    writeFileSync(
      join(this.#directories.cache, "cache.index"),
      JSON.stringify(indexOf(this.#cached)),
    );
  }

  /** What `vmcatcher-hook` does, in an instant. */
  #hook(variables: Readonly<Record<string, string>>, image: Listed): void {
    const { cache, spool, staging } = this.#directories;
    this.#entries += 1;
    const nanoseconds = String(this.#entries).padStart(6, "0").slice(-6);
    const milliseconds = Math.floor(this.#timeline.now);
    const time = `${Math.floor(milliseconds / 1000)}.${String(milliseconds % 1000).padStart(3, "0")}${nanoseconds}`;
    const entry = `${time}-0000001`;
    const own: Record<string, string> = {};
    if (variables["VMCATCHER_EVENT_TYPE"] === "AvailablePostfix") {
      const source = join(cache, image.identifier);
      own["SOURCE"] = source;
      if (image.form !== "unpinned") {
        own["PIN"] = join(staging, `pin-${entry}`);
        linkSync(source, own["PIN"]);
        disk.links.set(statSync(source, { bigint: true }).ino, this.#timeline.now);
      }
    } else {
      own["SUBSCRIPTION"] = this.#subscription(image.identifier);
    }
    const told = Object.entries(variables).filter(([name]) => TOLD.has(name));
    const records = [
      ...told,
      ["VMCATCHER_CACHE_DIR_CACHE", this.#isIndexHidden ? "/not/mounted/here" : cache],
      ...Object.entries({ ...own, TIME: time }).map(([name, value]) => [
        `VMCATCHER_ONE_HOOK_${name}`,
        value,
      ]),
    ];
    const bytes = Buffer.from(records.map(([name, value]) => `${name}=${value}\0`).join(""));
    writeFileSync(join(spool, "tmp", entry), bytes);
    renameSync(join(spool, "tmp", entry), join(spool, "new", entry));
    const job = jobOf(parseEntry(bytes));
    this.events.push({
      jobId: job.id,
      identifier: job.identifier,
      time: job.eventTime,
      what:
        job.event === "available"
          ? { kind: "available", content: image.content, form: image.form }
          : { kind: "expired", subscription: job.subscription },
    });
    this.#onEvent();
  }

  #subscription(identifier: string): "subscribed" | "gone" | "unknown" {
    if (this.isLocked) {
      return "unknown";
    }
    return this.#subscribed.has(identifier) && this.#listed.has(identifier) ? "subscribed" : "gone";
  }
}

/** The variables that decide something; the others would only make every answer of OpenNebula longer. */
const TOLD: ReadonlySet<string> = new Set(
  [
    "TYPE",
    "UUID_SESSION",
    "DC_IDENTIFIER",
    "DC_TITLE",
    "HV_FORMAT",
    "SL_CHECKSUM_SHA512",
    "FILENAME",
  ].map((name) => `VMCATCHER_EVENT_${name}`),
);
