import { createHash } from "node:crypto";
import { mkdtemp, open, readFile, rm, writeFile, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import {
  inflateGrains,
  type GrainConversion,
} from "../../../../functions/shared/disk/grains/inflate-grains.ts";
import { openImage } from "../../../../functions/shared/disk/image-file.ts";
import { inspectDisk } from "../../../../functions/shared/disk/inspect-image.ts";

/** A directory for images, gone after the test. */
export class Bench implements AsyncDisposable {
  readonly directory: string;

  static async create(): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), "vmcatcher-one-grains-")));
  }

  static at(directory: string): Bench {
    return new Bench(directory);
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  get vmdk(): string {
    return join(this.directory, "disk.vmdk");
  }

  get output(): string {
    return join(this.directory, "ours.raw");
  }

  /** Writes the VMDK. */
  async put(bytes: Buffer): Promise<void> {
    await writeFile(this.vmdk, bytes);
  }

  /** Makes the VMDK of a raw disk with qemu-img. */
  async make(raw: Buffer): Promise<void> {
    const path = join(this.directory, "made.raw");
    await writeFile(path, raw);
    const options = ["-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized"];
    await execa("qemu-img", ["convert", ...options, path, this.vmdk]);
  }

  /** Inflates the VMDK, or the one in an OVA, in threads, however small it is. @returns the sha256 of what came out */
  async inflate(workers: number, options: Partial<GrainConversion> = {}, signal = patience()) {
    await this.inflateOnly(workers, options, signal);
    return sha256(await readFile(this.output));
  }

  async inflateOnly(
    workers: number,
    options: Partial<GrainConversion> = {},
    signal = patience(),
  ): Promise<void> {
    await using source = await openImage(this.vmdk);
    await using target = await open(this.output, "w+");
    await inflateGrains(await this.conversion(source, target, { workers, ...options }), signal);
  }

  /** What qemu-img makes of the VMDK. @throws when it cannot */
  async reference(): Promise<string> {
    const path = join(this.directory, "reference.raw");
    await execa("qemu-img", ["convert", "-f", "vmdk", "-O", "raw", this.vmdk, path]);
    return sha256(await readFile(path));
  }

  async conversion(
    source: FileHandle,
    target: FileHandle,
    options: Partial<GrainConversion>,
  ): Promise<GrainConversion> {
    const rules = { claim: undefined, maxVirtualSizeBytes: 2 ** 40 };
    const { grains, pieces, virtualSizeBytes } = await inspectDisk(source, rules, patience());
    const [range] = pieces;
    if (grains === undefined || range === undefined) {
      throw new Error("no disk whose grains can be inflated");
    }
    return {
      source,
      target,
      range,
      grains,
      virtualSizeBytes,
      dataBytes: Infinity,
      workers: 1,
      timeoutSeconds: 60,
      checkHead: async () => Promise.resolve(),
      ...options,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function patience(): AbortSignal {
  return AbortSignal.timeout(60_000);
}
