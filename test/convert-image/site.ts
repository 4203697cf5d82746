import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { handle } from "../../functions/convert-image/handler.ts";
import type { AvailableJob } from "../../functions/job/job.ts";
import { systemClock } from "../../functions/shared/time/clock.ts";
import { readConfig, type Config } from "../../functions/shared/settings/config.ts";
import { silentLog } from "../../functions/shared/log/log.ts";
import { layOut, sampleNamed } from "../fixtures/samples/samples.ts";
import { jobFor } from "./job.ts";

/** A site's directories, gone after the test. */
export class Site implements AsyncDisposable {
  readonly directory: string;
  readonly config: Config;
  readonly deps;
  /** A vmcatcher cache beside staging. */
  readonly cache: string;

  static async create(settings: Record<string, string> = {}): Promise<Site> {
    const site = new Site(await mkdtemp(join(tmpdir(), "vmcatcher-one-")), settings);
    await mkdir(site.config.stagingDirectory, { recursive: true });
    await mkdir(site.cache);
    return site;
  }

  private constructor(directory: string, settings: Record<string, string>) {
    this.directory = directory;
    this.cache = join(directory, "cache");
    this.config = readConfig({ VMCATCHER_ONE_HOME: join(directory, "home"), ...settings });
    const opennebula = { datastores: () => assert.fail("a conversion into staging asks nobody") };
    this.deps = { config: this.config, clock: systemClock, log: silentLog, opennebula };
  }

  /** Where the hook puts the pin of a job. */
  get pin(): string {
    return join(this.config.stagingDirectory, "pin-1");
  }

  async staged(): Promise<readonly string[]> {
    return (await readdir(this.config.stagingDirectory)).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

export async function digestOf(
  path: string,
  algorithm: "sha1" | "sha256" | "sha512",
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Puts a script before the real qemu-img; undone at the end. */
export async function replaceQemuImg(directory: string, script: string): Promise<Disposable> {
  const programs = join(directory, "programs");
  await mkdir(programs, { recursive: true });
  await writeFile(join(programs, "qemu-img"), `#!/bin/sh\n${script}\n`);
  await chmod(join(programs, "qemu-img"), 0o755);
  return searchPath(`${programs}${delimiter}${process.env["PATH"] ?? ""}`);
}

/** Sets PATH; undone at the end. */
export function searchPath(path: string): Disposable {
  const before = process.env["PATH"];
  process.env["PATH"] = path;
  return {
    [Symbol.dispose]() {
      process.env["PATH"] = before;
    },
  };
}

/** Lets the step work. */
export async function convert(
  job: AvailableJob,
  site: { readonly deps: Parameters<typeof handle>[1] },
  signal = patience(),
) {
  return handle({ job, unchanged: false }, site.deps, signal);
}

/** Lays a sample out as a pin. @returns its event */
export async function pinned({ pin }: Pick<Site, "pin">, file: string): Promise<AvailableJob> {
  const sample = sampleNamed(file);
  await layOut(sample, pin);
  return jobFor(pin, { sha512: sample.sha512, format: sample.declaredFormat });
}

/** Longer than any test takes. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(30_000);
}
