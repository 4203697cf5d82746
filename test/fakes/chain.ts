import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { handle as capture } from "../../functions/capture-metadata/handler.ts";
import type { AvailableJob, ExpiredJob, Job } from "../../functions/job/job.ts";
import { handle as register } from "../../functions/register-image/handler.ts";
import type { Message as RestoreMessage } from "../../functions/restore-permissions/message.ts";
import { handle as restore } from "../../functions/restore-permissions/handler.ts";
import { systemClock } from "../../functions/shared/time/clock.ts";
import type { Deps } from "../../functions/shared/step/deps.ts";
import { silentLog } from "../../functions/shared/log/log.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { giveToUser, rightsOf } from "./rights.ts";
import { createSite, type Site } from "./site.ts";
import { type Digest, digestParts, sha512Digest } from "../../functions/job/digest.ts";
import { endorsementOf } from "../../functions/shared/worker/endorsement-sources.ts";

/** The steps that talk to OpenNebula, called one after the other, with the conversion left out: its result is made by the test. */
export interface Chain {
  readonly site: Site;
  readonly deps: Deps;
  available(overrides?: Partial<AvailableJob>): AvailableJob;
  expired(overrides?: Partial<ExpiredJob>): ExpiredJob;
  /** What an attempt of a job does, from its first step to its last. @param warnings codes of what is unusual about its file */
  pass(job: Job, deps?: Deps, warnings?: readonly string[]): Promise<RestoreMessage["outcome"]>;
  /** capture-metadata and register-image only. */
  passUntilRegistered(job: Job, deps?: Deps, warnings?: readonly string[]): Promise<RestoreMessage>;
  /** The image that has the identifier's NAME. */
  live(): Promise<Image | undefined>;
  /** The image with that id, or the live one. @throws AssertionError when there is none */
  image(id?: number): Promise<Image>;
  /** Path of vmcatcher's index, which is not there before `endorse`. */
  readonly cacheIndex: string;
  /** Has vmcatcher's index name the identifier with that content, and nothing else. */
  endorse(digest: Digest): Promise<void>;
  /** Passes a job, a new one by default, whose image an administrator then gives to a user. @returns the image as it is after that */
  publishedAndGiven(job?: AvailableJob): Promise<Image>;
  close(): Promise<void>;
}

/** The identifier of every job that a chain makes. */
export const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";

/** @param options as of `createSite` */
export async function createChain(options: Parameters<typeof createSite>[0] = {}): Promise<Chain> {
  const site = await createSite({
    ...options,
    simulator: { copySeconds: 0.01, deleteSeconds: 0.01, ...options.simulator },
  });
  const deps: Deps = {
    config: site.config,
    opennebula: site.oneadmin,
    endorsement: endorsementOf(site.config),
    clock: systemClock,
    log: silentLog,
  };
  await mkdir(site.config.stagingDirectory, { recursive: true });
  const cacheIndex = join(site.directory, "cache.index");
  let events = 0;

  const common = () => {
    events++;
    return {
      id: randomBytes(16).toString("hex"),
      eventTime: `2026-11-22T10:00:${String(events).padStart(2, "0")}.000000000Z`,
      identifier: IDENTIFIER,
      attributes: {
        VMCATCHER_EVENT_DC_TITLE: "an image",
        VMCATCHER_EVENT_DC_IDENTIFIER: IDENTIFIER,
      },
      restarts: 0,
    };
  };
  const passUntilRegistered: Chain["passUntilRegistered"] = async (
    job,
    using = deps,
    warnings = [],
  ) => {
    const signal = AbortSignal.timeout(20_000);
    const captured = await capture({ job }, using, signal);
    const path = join(using.config.stagingDirectory, `${job.id}.raw`);
    if (job.event === "expired" || captured.unchanged) {
      return await register(captured, using, signal);
    }
    await writeFile(path, Buffer.alloc(4096, job.id), { mode: 0o644 });
    const disk = {
      path,
      format: "raw",
      sizeBytes: 4096,
      virtualSizeBytes: 4096,
      warnings,
    } as const;
    return await register({ ...captured, artifact: disk }, using, signal);
  };
  const pass: Chain["pass"] = async (job, using = deps, warnings = []) => {
    const message = await passUntilRegistered(job, using, warnings);
    await restore(message, using, AbortSignal.timeout(20_000));
    return message.outcome;
  };
  const available: Chain["available"] = (overrides = {}) => {
    const job = common();
    const digest = sha512Digest(createHash("sha512").update(job.id).digest("hex"));
    const source = { path: join(site.config.stagingDirectory, `pin-${job.id}`), pinned: true };
    return { ...job, event: "available", digest, title: "an image", source, ...overrides };
  };
  const live: Chain["live"] = async () =>
    (await site.images()).find(({ name }) => name === IDENTIFIER);
  const image: Chain["image"] = async (id) => {
    const found = await (id === undefined
      ? live()
      : site.oneadmin.image(id, AbortSignal.timeout(10_000)));
    assert.ok(found, `there is no ${id === undefined ? "live image" : `image ${id}`}`);
    return found;
  };
  return {
    site,
    deps,
    available,
    expired: (overrides = {}) => ({
      ...common(),
      event: "expired",
      subscription: "gone",
      ...overrides,
    }),
    passUntilRegistered,
    pass,
    live,
    image,
    cacheIndex,
    endorse: async (digest) => {
      const { hex: sha512 } = digestParts(digest);
      await writeFile(cacheIndex, JSON.stringify({ [IDENTIFIER]: { sha512 } }));
    },
    publishedAndGiven: async (job = available()) => {
      await pass(job);
      const { id } = await image();
      const given = await giveToUser(site, id);
      const published = await image(id);
      assert.deepEqual(rightsOf(published), { ...given, state: "READY" });
      return published;
    },
    close: () => site.close(),
  };
}
