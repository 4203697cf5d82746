import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Job } from "../../functions/job/job.ts";
import { messageSchema } from "../../functions/capture-metadata/message.ts";
import type { Outgoing, Queue } from "../../functions/shared/queue/queue.ts";
import { recordingLog as recordLines } from "../shared/worker/recording-log.ts";
import { vmcatcherEndorsement } from "../../functions/shared/vmcatcher/endorsement.ts";

export const IDENTIFIER = "5d6b9a47-6b3c-5f9c-8a3e-0f3b9f0f3a11";
export const SHA512 = "ab".repeat(64);

export type Records = Readonly<Record<string, string | undefined>>;

/** What vmcatcher and the hook say of an available image. */
export const AVAILABLE: Records = {
  VMCATCHER_CACHE_DIR_CACHE: "/var/lib/one/cache",
  VMCATCHER_EVENT_TYPE: "AvailablePostfix",
  VMCATCHER_EVENT_UUID_SESSION: "c4a1f1b0-72a4-11e4-9f0c-080027c0ffee",
  VMCATCHER_EVENT_DC_IDENTIFIER: IDENTIFIER,
  VMCATCHER_EVENT_DC_TITLE: "Image for CernVM [Scientific Linux/6.0/KVM]",
  VMCATCHER_EVENT_SL_CHECKSUM_SHA512: SHA512,
  VMCATCHER_EVENT_HV_FORMAT: "OVA",
  VMCATCHER_EVENT_VO: "fedcloud.egi.eu",
  VMCATCHER_ONE_HOOK_SOURCE: `/var/lib/one/cache/${IDENTIFIER}`,
  VMCATCHER_ONE_HOOK_PIN: "/var/lib/vmcatcher-one/staging/pin-1401879284.000000042-0000007",
  VMCATCHER_ONE_HOOK_TIME: "1401879284.000000042",
};

/** What they say of an expired one. */
export const EXPIRED: Records = {
  ...AVAILABLE,
  VMCATCHER_EVENT_TYPE: "ExpirePostfix",
  VMCATCHER_ONE_HOOK_SOURCE: undefined,
  VMCATCHER_ONE_HOOK_PIN: undefined,
  VMCATCHER_ONE_HOOK_SUBSCRIPTION: "gone",
};

/** An entry as the hook writes it: the time last. */
export function entryBytes(records: Records): Buffer {
  const { VMCATCHER_ONE_HOOK_TIME: time, ...others } = records;
  const all = [...Object.entries(others), ["VMCATCHER_ONE_HOOK_TIME", time] as const];
  return Buffer.from(
    all.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}\0`])).join(""),
  );
}

/** A spool in a directory of its own. */
export class SpoolSandbox implements AsyncDisposable {
  readonly directory: string;

  static async create(): Promise<SpoolSandbox> {
    const sandbox = new SpoolSandbox(await mkdtemp(join(tmpdir(), "vmcatcher-spool-")));
    await mkdir(sandbox.path("spool/new"), { recursive: true });
    await mkdir(sandbox.path("spool/tmp"));
    await mkdir(sandbox.path("staging"));
    return sandbox;
  }

  constructor(directory: string) {
    this.directory = directory;
  }

  get spoolDirectory(): string {
    return this.path("spool");
  }
  get stagingDirectory(): string {
    return this.path("staging");
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes an entry with its pin, as the hook would. */
  async put(name: string, content: Records | Buffer): Promise<void> {
    await writeFile(this.path(`staging/pin-${name}`), "an image");
    await writeFile(
      this.path(`spool/new/${name}`),
      Buffer.isBuffer(content) ? content : entryBytes(content),
    );
  }

  async list(name: string): Promise<readonly string[]> {
    return (await readdir(this.path(name))).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Takes messages and keeps them; throws what `trouble` holds instead. */
export class RecordingQueue implements Pick<Queue, "send"> {
  readonly sent: Outgoing[] = [];
  trouble: Error | undefined;
  /** Called before a message is taken. */
  onSend: (message: Outgoing) => Promise<void> = async () => undefined;

  async send(message: Outgoing): Promise<void> {
    await this.onSend(message);
    if (this.trouble !== undefined) {
      throw this.trouble;
    }
    this.sent.push(message);
  }

  /** The jobs sent, as the first step reads them. */
  get jobs(): readonly Job[] {
    return this.sent.map(({ body }) => messageSchema.parse(JSON.parse(body)).job);
  }

  get identifiers(): readonly string[] {
    return this.jobs.map((job) => job.identifier);
  }
}

/** A log that keeps `level message`. */
export function recordingLog() {
  const { log, lines } = recordLines();
  return {
    ...log,
    get lines() {
      return lines.map(({ level, text }) => `${String(level)} ${String(text)}`);
    },
  };
}

/** An event names vmcatcher's cache itself. */
export const ENDORSEMENT = vmcatcherEndorsement({
  cacheIndex: "/nowhere/cache.index",
  downloadDirectory: "/nowhere/partial",
  vmcatcherDatabase: "/nowhere/vmcatcher.db",
});
