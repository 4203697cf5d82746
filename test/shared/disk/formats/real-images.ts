import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Inspection } from "../../../../functions/shared/disk/finding.ts";
import { inspectDisk } from "../../../../functions/shared/disk/inspect-image.ts";

/** A directory with one image, made and judged by real tools. */
export class RealImage {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** A disk of 8 MiB with data here and there, converted by qemu-img with these options. */
  static async create(...options: readonly string[]): Promise<RealImage> {
    const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
    const image = new RealImage(directory);
    await writeFile(join(directory, "source"), content());
    await execa("qemu-img", ["convert", "-f", "raw", ...options, image.#source, image.path]);
    return image;
  }

  get path(): string {
    return join(this.#directory, "image");
  }

  get #source(): string {
    return join(this.#directory, "source");
  }

  /** Runs a tool; `IMAGE` among the arguments is the image. */
  async run(program: string, ...options: readonly string[]): Promise<void> {
    const path = (option: string) => (option === "IMAGE" ? this.path : option);
    await execa(program, options.map(path));
  }

  async bytes(): Promise<Buffer> {
    return readFile(this.path);
  }

  async replace(bytes: Buffer): Promise<void> {
    await writeFile(this.path, bytes);
  }

  async inspect(): Promise<Inspection> {
    await using handle = await open(this.path);
    const rules = { claim: undefined, maxVirtualSizeBytes: 2 ** 40 };
    return await inspectDisk(handle, rules, AbortSignal.timeout(10_000));
  }

  /** That qemu-img reads the same of it as of the disk that it was made from. */
  async assertSameDisk(format: string): Promise<void> {
    await execa("qemu-img", ["compare", "-f", format, "-F", "raw", this.path, this.#source]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }
}

function content(): Buffer {
  const bytes = Buffer.alloc(8 * 2 ** 20);
  for (let at = 0; at < bytes.length; at += 700_000) {
    bytes.fill(`data at ${at} `, at, at + 20_000);
  }
  return bytes;
}
