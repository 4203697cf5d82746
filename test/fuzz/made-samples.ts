import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";
import { execa } from "execa";
import type { Input } from "./inputs.ts";

const FORMATS: readonly { readonly name: string; readonly options: readonly string[] }[] = [
  { name: "qcow2", options: ["-o", "compression_type=zstd", "-c"] },
  { name: "qcow2", options: ["-o", "extended_l2=on,cluster_size=16k"] },
  { name: "qcow2", options: ["-o", "cluster_size=512"] },
  { name: "qcow2", options: ["-o", "cluster_size=64k"] },
  { name: "qcow2", options: ["-o", "cluster_size=2M,lazy_refcounts=on"] },
  { name: "vpc", options: ["-o", "subformat=dynamic"] },
  { name: "vpc", options: ["-o", "subformat=dynamic,force_size=on"] },
  { name: "vhdx", options: ["-o", "subformat=dynamic,block_size=1M"] },
  { name: "vhdx", options: ["-o", "subformat=fixed,block_size=1M"] },
  { name: "vdi", options: ["-o", "static=on"] },
  { name: "vdi", options: ["-o", "static=off"] },
  { name: "vmdk", options: ["-o", "subformat=monolithicSparse"] },
  { name: "vmdk", options: ["-o", "subformat=streamOptimized"] },
];

/** Images of kinds that the samples do not have, made by qemu-img, and packed ones. */
export async function makeSamples(): Promise<readonly Input[]> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-fuzz-"));
  try {
    const source = join(directory, "source");
    await writeFile(source, content());
    const made: Input[] = [];
    for (const [index, { name, options }] of FORMATS.entries()) {
      const target = join(directory, String(index));
      await execa("qemu-img", ["convert", "-f", "raw", "-O", name, ...options, source, target]);
      if (name === "qcow2" && index < 2) {
        await execa("qemu-img", ["snapshot", "-c", "one", target]);
      }
      if (name === "qcow2" && index < 4) {
        await execa("qemu-img", ["bitmap", "--add", target, "bitmap"]);
      }
      made.push({
        name: `${name} ${options.join(" ")}`,
        bytes: await readFile(target),
        declaredFormat: name,
      });
    }
    return [...made, ...(await packed(made[0]))];
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function packed(image: Input | undefined): Promise<readonly Input[]> {
  if (image === undefined) {
    return [];
  }
  const { bytes, declaredFormat } = image;
  const by = async (program: string) => {
    const { stdout } = await execa(program, ["-c"], { input: bytes, encoding: "buffer" });
    return Buffer.from(stdout);
  };
  const contents = {
    gzip: await promisify(gzip)(bytes),
    zstd: await promisify(zstdCompress)(bytes),
    xz: await by("xz"),
    bzip2: await by("bzip2"),
  };
  return Object.entries(contents).map(([name, content]) => ({
    name: `qcow2 in ${name}`,
    bytes: content,
    declaredFormat,
  }));
}

/** A megabyte with data here and there. */
function content(): Buffer {
  const BYTES = 2 ** 20;
  const bytes = Buffer.alloc(BYTES);
  for (let at = 0; at < BYTES; at += 100_000) {
    bytes.fill(`block at ${at} `, at, at + 5000);
  }
  return bytes;
}
