import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { execa } from "execa";
import type { Packing } from "../../../../functions/shared/disk/packed/packing.ts";
import { unpack, type UnpackLimits } from "../../../../functions/shared/disk/packed/unpack.ts";
import { RetryLater } from "../../../../functions/shared/step/errors.ts";
import { readerOf } from "../bytes.ts";

const MIB = 2 ** 20;
/** Some of it compresses, some does not, and there is a hole of a megabyte. */
const CONTENT = Buffer.concat([
  Buffer.from("boot".repeat(50_000)),
  Buffer.alloc(MIB),
  Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * index * 31) >> 3)),
]);
const PACKINGS = ["gzip", "xz", "bzip2", "zstd"] as const;

for (const packing of PACKINGS) {
  describe(packing, () => {
    test("gives back what was packed, to the byte, with its holes", async () => {
      await using target = await Target.create();
      await target.unpack(await packed(packing, CONTENT), packing);
      assert.ok((await target.content()).equals(CONTENT));
      const { blocks } = await target.file.stat();
      assert.ok(blocks * 512 < CONTENT.length - MIB / 2, "the hole takes no space");
    });

    test("gives back parts that were packed one by one and put together", async () => {
      await using target = await Target.create();
      const parts = await Promise.all(
        [CONTENT.subarray(0, 1000), CONTENT.subarray(1000)].map((part) => packed(packing, part)),
      );
      await target.unpack(Buffer.concat(parts), packing);
      assert.ok((await target.content()).equals(CONTENT));
    });

    test("is refused as truncated when its end is missing", async () => {
      await using target = await Target.create();
      const bytes = await packed(packing, CONTENT);
      for (const length of [bytes.length - 1, bytes.length >> 1]) {
        await assert.rejects(target.unpack(bytes.subarray(0, length), packing), {
          code: "truncated",
        });
      }
    });

    test("is refused as corrupt when a byte is wrong", async () => {
      await using target = await Target.create();
      const bytes = await packed(packing, CONTENT);
      const at = bytes.length >> 1;
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x55, at);
      await assert.rejects(target.unpack(bytes, packing), { code: "corrupt" });
    });

    test("is refused as corrupt when something follows", async () => {
      await using target = await Target.create();
      const bytes = Buffer.concat([await packed(packing, CONTENT), Buffer.alloc(50, "junk!")]);
      await assert.rejects(target.unpack(bytes, packing), { code: "corrupt" });
    });

    test("is stopped at the limits, of which expansion comes first", async () => {
      await using target = await Target.create();
      const bytes = await packed(packing, CONTENT);
      const limits = { expansionBytes: 100_000, imageBytes: 100_000 };
      await assert.rejects(target.unpack(bytes, packing, limits), { code: "expansion" });
      await assert.rejects(target.unpack(bytes, packing, { imageBytes: 100_000 }), {
        code: "virtual-size",
      });
      assert.ok((await target.file.stat()).size <= 100_000);
    });

    test("is stopped by an abort, with its reason", async () => {
      await using target = await Target.create();
      const lost = AbortSignal.abort(new Error("lease lost"));
      await assert.rejects(target.unpack(await packed(packing, CONTENT), packing, {}, lost), {
        message: "lease lost",
      });
    });
  });
}

test("gzip with zeros behind it, as tapes and devices leave them, is whole", async () => {
  const packed = gzipSync(CONTENT);
  const toBlock = MIB - (packed.length % MIB); // the data is read by the MiB
  for (const zeros of [1, 512, toBlock, toBlock + 1, 3 * MIB]) {
    await using target = await Target.create();
    await target.unpack(Buffer.concat([packed, Buffer.alloc(zeros)]), "gzip");
    assert.ok((await target.content()).equals(CONTENT), `${zeros} zeros`);
  }
});

test("gzip with anything else behind its zeros is refused: who stops there and who goes on see different images", async () => {
  await using target = await Target.create();
  for (const rest of [Buffer.from("x"), gzipSync(CONTENT)]) {
    for (const zeros of [1, 512, 2 * MIB]) {
      const bytes = Buffer.concat([gzipSync(CONTENT), Buffer.alloc(zeros), rest]);
      await assert.rejects(target.unpack(bytes, "gzip"), { code: "corrupt" });
    }
  }
});

test("zeros behind zstd and bzip2 are damage, and behind xz they are its padding, by fours", async () => {
  await using target = await Target.create();
  const padded = async (packing: Packing, zeros: number) =>
    Buffer.concat([await packed(packing, CONTENT), Buffer.alloc(zeros)]);
  for (const packing of ["zstd", "bzip2"] as const) {
    await assert.rejects(target.unpack(await padded(packing, 512), packing), { code: "corrupt" });
  }
  await target.unpack(await padded("xz", 512), "xz");
  await assert.rejects(target.unpack(await padded("xz", 511), "xz"), { code: "corrupt" });
});

test("zstd may have frames that are to be skipped", async () => {
  await using target = await Target.create();
  const skipped = Buffer.from("502a4d1804000000deadbeef", "hex");
  await target.unpack(Buffer.concat([skipped, zstdCompressSync(CONTENT), skipped]), "zstd");
  assert.ok((await target.content()).equals(CONTENT));
});

test("zstd that asks for more memory than is given is refused", async () => {
  await using target = await Target.create();
  // Magic, a header with nothing but a window of 2^28 bytes, an empty last block.
  const bytes = Buffer.from("28b52ffd0090010000", "hex");
  await assert.rejects(target.unpack(bytes, "zstd"), { code: "table-limit" });
});

test("xz that asks for more memory than is given is refused, in its first block and in a later one", async () => {
  await using target = await Target.create();
  const small = await packed("xz", CONTENT);
  const { stdout } = await execa({ input: CONTENT, encoding: "buffer" })("xz", [
    "--lzma2=dict=192MiB",
    "-c",
  ]);
  const large = Buffer.from(stdout);
  await assert.rejects(target.unpack(large, "xz"), {
    code: "table-limit",
    message: /dictionary of 201326592 bytes/,
  });
  await assert.rejects(target.unpack(Buffer.concat([small, large]), "xz"), {
    code: "table-limit",
    message: /more memory/,
  });
});

test("while the file grows, the space is asked for", async () => {
  await using target = await Target.create();
  const checkSpace = async () => Promise.reject(new RetryLater("no space"));
  const content = Buffer.alloc(65 * MIB, "data");
  const bytes = gzipSync(content, { level: 1 });
  await assert.rejects(target.unpack(bytes, "gzip", { checkSpace }), { name: "RetryLater" });
});

test("a decompressor that hangs is ended with the time", async () => {
  await using target = await Target.create();
  const bytes = await packed("bzip2", Buffer.alloc(30 * MIB));
  await assert.rejects(target.unpack(bytes, "bzip2", { timeoutSeconds: 0.01 }), {
    code: "conversion-timeout",
  });
});

class Target implements AsyncDisposable {
  readonly file;
  readonly #directory: string;

  static async create(): Promise<Target> {
    const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
    return new Target(directory, await open(join(directory, "unpacked"), "w+"));
  }

  private constructor(directory: string, file: Awaited<ReturnType<typeof open>>) {
    this.#directory = directory;
    this.file = file;
  }

  async unpack(
    bytes: Buffer,
    packing: Packing,
    limits: Partial<UnpackLimits> = {},
    signal = AbortSignal.timeout(30_000),
  ): Promise<void> {
    const all = {
      expansionBytes: 500 * MIB,
      imageBytes: 500 * MIB,
      timeoutSeconds: 30,
      checkSpace: async () => Promise.resolve(),
      ...limits,
    };
    await unpack(readerOf(bytes), packing, this.file, all, signal);
  }

  async content(): Promise<Buffer> {
    return readFile(join(this.#directory, "unpacked"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
    await rm(this.#directory, { recursive: true });
  }
}

async function packed(packing: Packing, content: Buffer): Promise<Buffer> {
  if (packing === "gzip") {
    return gzipSync(content);
  }
  if (packing === "zstd") {
    return zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  }
  const { stdout } = await execa({ input: content, encoding: "buffer" })(packing, ["-c"]);
  return Buffer.from(stdout);
}
