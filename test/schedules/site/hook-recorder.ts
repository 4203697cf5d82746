import { linkSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEntry } from "../../../functions/shared/spool/entry.ts";
import { jobOf } from "../../../functions/shared/spool/job-of.ts";
import { disk } from "../engine/modules/disk-operation.ts";
import type { Timeline } from "../engine/timeline.ts";
import type { Content, Form } from "./content.ts";

/** An event as the hook has recorded it. */
export interface RecordedEvent {
  readonly jobId: string;
  /** As the images carry it. */
  readonly eventTime: string;
  readonly identifier: string;
  readonly what:
    | { readonly kind: "available"; readonly content: Content; readonly form: Form }
    | { readonly kind: "expired"; readonly subscription: Subscription };
}

/** What vmcatcher says when the hook asks it. */
export type Subscription = "subscribed" | "gone" | "unknown";

/** Where the hook reads and writes. */
interface Surroundings {
  readonly cache: string;
  readonly spool: string;
  readonly staging: string;
  /** The steps are told of a cache that they cannot see. */
  readonly isIndexHidden: boolean;
  readonly timeline: Timeline;
}

/** What `vmcatcher-hook` does, in an instant: it pins the image and puts the event into the spool. */
export class HookRecorder {
  readonly #surroundings: Surroundings;
  #entries = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** @param variables of the event, as vmcatcher sets them */
  record(
    variables: Readonly<Record<string, string>>,
    identifier: string,
    about:
      | { readonly content: Content; readonly form: Form }
      | { readonly subscription: Subscription },
  ): RecordedEvent {
    const { cache, spool, isIndexHidden } = this.#surroundings;
    const time = this.#time();
    const entry = `${time}-0000001`;
    const own =
      "form" in about
        ? this.#pin(join(cache, identifier), entry, about.form)
        : { SUBSCRIPTION: about.subscription };
    const records = [
      ...Object.entries(variables).filter(([name]) => TOLD.has(name)),
      ["VMCATCHER_CACHE_DIR_CACHE", isIndexHidden ? "/not/mounted/here" : cache],
      ...Object.entries({ ...own, TIME: time }).map(([name, value]) => [
        `VMCATCHER_ONE_HOOK_${name}`,
        value,
      ]),
    ];
    const bytes = Buffer.from(records.map(([name, value]) => `${name}=${value}\0`).join(""));
    writeFileSync(join(spool, "tmp", entry), bytes);
    renameSync(join(spool, "tmp", entry), join(spool, "new", entry));
    const { id, eventTime } = jobOf(parseEntry(bytes));
    return {
      jobId: id,
      eventTime,
      identifier,
      what: "form" in about ? { kind: "available", ...about } : { kind: "expired", ...about },
    };
  }

  #pin(source: string, entry: string, form: Form): Readonly<Record<string, string>> {
    if (form === "unpinned") {
      return { SOURCE: source };
    }
    const { staging, timeline } = this.#surroundings;
    const pin = join(staging, `pin-${entry}`);
    linkSync(source, pin);
    disk.links.set(statSync(source, { bigint: true }).ino, timeline.now);
    return { SOURCE: source, PIN: pin };
  }

  /** Seconds and nanoseconds, never the same twice. */
  #time(): string {
    this.#entries += 1;
    const milliseconds = Math.floor(this.#surroundings.timeline.now);
    const fraction = String(milliseconds % 1000).padStart(3, "0");
    return `${Math.floor(milliseconds / 1000)}.${fraction}${String(this.#entries).padStart(6, "0")}`;
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
