import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { inspectFile, type Report } from "../../functions/convert-image/inspect-file.ts";
import { inspectText } from "../../functions/cli/inspect-text.ts";
import { codesOf, warning } from "../../functions/shared/disk/warning.ts";
import { readConfig } from "../../functions/shared/settings/config.ts";
import { convert, pinned, replaceQemuImg, Site } from "../convert-image/site.ts";
import { layOut, sampleNamed, type Sample } from "../fixtures/samples/samples.ts";
import { temporaryDirectory } from "../fakes/temporary-directory.ts";

const ROOT = join(import.meta.dirname, "../..");
const SAMPLES = join(ROOT, "test/fixtures/samples");

/** From each stage of the work one that is refused there, and some that are not; the chain's own test has them all. */
const STAGES = [
  "good/plain.raw.bz2",
  "good/plain.qcow2.xz",
  "good/gz-without-extension.raw",
  "good/chunked.ova",
  "good/fixed.vhd.packed.gz",
  "bad/empty.raw",
  "bad/declared-raw-is-ova.raw",
  "bad/qcow2-huge-l1.qcow2",
  "bad/ova-dotdot.ova",
  "bad/ova-mf-sha1-wrong.ova",
  "bad/ova-gzip-bomb.ova",
  "bad/crc.raw.gz",
  "bad/nested-qcow2-in-stream.ova",
  "bad/vmdk-grain-short.vmdk",
].map(sampleNamed);

describe("inspect says what the chain says", { concurrency: 4 }, () => {
  for (const sample of STAGES) {
    test(`${sample.file}: ${sample.reason ?? "accepted"}`, async () => {
      const { verdict, reason, virtualSizeBytes, checked } = await inspect(sample);
      assert.equal(reason?.code, sample.reason);
      assert.equal(verdict, sample.verdict === "accept" ? "accepted" : "refused");
      if (verdict === "accepted") {
        assert.equal(virtualSizeBytes, sample.virtualSize);
        assert.equal(checked, "everything");
      }
    });
  }
});

test("the report tells how an image is packed, what is in it, and what is not taken", async () => {
  const packed = await inspect(sampleNamed("good/whole.ova.gz"));
  assert.deepEqual(
    [packed.packing, packed.container, packed.bootDisk, packed.format],
    [["gzip"], "ova", "x.vmdk", "vmdk"],
  );
  const member = await inspect(sampleNamed("good/gzip-qcow2-disk.ova"));
  assert.deepEqual([member.packing, member.format], [["gzip"], "qcow2"]);
  const marked = await inspect(sampleNamed("boot-attribute.ova.packed.gz"));
  assert.equal(marked.chosenBy, "boot mark");
  assert.match(
    inspectText(marked),
    /\n {2}boot disk {5}"22222222-\S+"\n {2}chosen by {5}boot mark\n/,
  );
  const several = await inspect(sampleNamed("good/empty-second-disk.ova"));
  assert.equal(several.otherDisks.length, 1);
});

describe("inspect --convert ends in the digest of the disk that the chain would make", () => {
  for (const file of [
    "good/plain.raw",
    "good/plain.raw.bz2",
    "good/plain.vmdk",
    "good/chunked.ova",
    "good/fixed.vhd.packed.gz",
    "iso-in-cd-drive.ova.packed.gz",
  ]) {
    test(`${file}, as raw`, async () => {
      const sample = sampleNamed(file);
      const { disk, checked, virtualSizeBytes } = await inspect(sample, { convert: true });
      assert.equal(checked, "everything");
      assert.deepEqual(disk, {
        format: "raw",
        sizeBytes: virtualSizeBytes,
        sha256: sample.rawSha256,
      });
    });

    test(`${file}, as qcow2`, async () => {
      const settings = { VMCATCHER_ONE_FORMAT: "qcow2" };
      await using site = await Site.create(settings);
      const { artifact } = await convert(await pinned(site, file), site);
      const sample = sampleNamed(file);
      const { disk } = await inspect(sample, { convert: true, settings });
      assert.deepEqual(disk, {
        format: "qcow2",
        sizeBytes: artifact?.sizeBytes,
        sha256: sample.rawSha256,
      });
    });
  }

  test("also of a large image, and of none that is refused", async () => {
    const large = await inspect(sampleNamed("good/plain.vmdk"), { convert: true, smallBytes: 0 });
    assert.equal(large.disk?.sha256, sampleNamed("good/plain.vmdk").rawSha256);
    const refused = await inspect(sampleNamed("bad/ova-mf-sha1-wrong.ova"), {
      convert: true,
      smallBytes: 0,
    });
    assert.deepEqual([refused.reason?.code, refused.disk], ["manifest-mismatch", undefined]);
  });

  test("and without it there is none", async () => {
    assert.equal((await inspect(sampleNamed("good/plain.vmdk"))).disk, undefined);
  });
});

test("the report tells what says that there is a disk, where that can be seen", async () => {
  const raw = await inspect(sampleNamed("good/plain.raw.bz2"), { smallBytes: 0 });
  assert.deepEqual(raw.evidence, ["partition table (MBR)"]);
  assert.match(inspectText(raw), /\n {2}content {7}partition table \(MBR\)\n/);
  const vmdk = sampleNamed("good/plain.vmdk");
  assert.deepEqual((await inspect(vmdk)).evidence, ["partition table (MBR)"]);
  assert.deepEqual((await inspect(vmdk, { smallBytes: 0 })).evidence, ["partition table (MBR)"]);
  const inChunks = await inspect(sampleNamed("good/chunked.ova"), { smallBytes: 0 });
  assert.equal(inChunks.evidence, undefined);
});

test("a disk of which nothing says that it is one is taken with a warning, packed in whatever, or refused", async () => {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  try {
    const raw = join(directory, "raw");
    await writeFile(raw, Buffer.alloc(2 ** 20, "\u0001"));
    await execa("qemu-img", ["convert", "-O", "vmdk", "-f", "raw", raw, join(directory, "vmdk")]);
    for (const format of ["raw", "vmdk"]) {
      const asked = (settings: Readonly<Record<string, string>>) =>
        inspectFile(
          join(directory, format),
          { format, full: true, config: readConfig(settings) },
          AbortSignal.timeout(30_000),
        );
      const { evidence, warnings } = await asked({});
      assert.deepEqual([evidence, codesOf(warnings)], [[], ["unrecognised"]], format);
      const refused = await asked({ VMCATCHER_ONE_UNRECOGNISED: "refuse" });
      assert.equal(refused.reason?.code, "unrecognised", format);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("the text tells the disk, and each warning", () => {
  const text = inspectText({
    file: "x.ova",
    verdict: "accepted",
    packing: [],
    otherDisks: [],
    warnings: [warning("ovf-size", "the OVF says 1, the file has 2", { declared: 1 })],
    checked: "everything",
    disk: { format: "qcow2", sizeBytes: 12, sha256: "ab12" },
  });
  assert.match(
    text,
    /^accepted: "x\.ova"\n {2}warning: the OVF says 1, the file has 2 \(ovf-size\)\n/,
  );
  assert.match(text, /\n {2}disk {10}qcow2, 12 bytes\n {2}sha256 {8}ab12\n/);
});

test("an interruption ends the programs that convert, and leaves nothing behind", async () => {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  const work = join(directory, "work");
  await mkdir(work);
  try {
    using _ = await replaceQemuImg(directory, `echo $$ > ${directory}/pid; exec sleep 60`);
    const file = join(SAMPLES, "good/monolithic-sparse.vmdk"); // one that takes qemu-img
    const inspecting = execa(
      "node",
      ["functions/cli/main.ts", "inspect", "--convert", "--directory", work, file],
      { cwd: ROOT, reject: false },
    );
    const pid = await started(join(directory, "pid"));
    assert.equal((await readdir(work)).length, 1);
    inspecting.kill("SIGINT");
    const { exitCode, stderr } = await inspecting;
    assert.deepEqual([exitCode, stderr], [1, "vmcatcher-one: interrupted"]);
    assert.ok(!existsSync(`/proc/${pid}`));
    assert.deepEqual(await readdir(work), []);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("without --full a large image is looked at, not read", async () => {
  const report = await inspect(sampleNamed("bad/ova-mf-sha1-wrong.ova"), { smallBytes: 0 });
  assert.deepEqual([report.verdict, report.checked], ["accepted", "headers"]);
  const nested = await inspect(sampleNamed("bad/nested-vmdk-desc-in-qcow2.qcow2"), {
    smallBytes: 0,
  });
  assert.equal(nested.reason?.code, "nested-format");
});

test("the text cannot steer a terminal", () => {
  const text = inspectText({
    file: "\u001B[31m",
    verdict: "refused",
    reason: { code: "x", sentence: "\u001B[0m", facts: { found: "\u0007" } },
    packing: [],
    otherDisks: [],
    warnings: [],
    checked: "headers",
  });
  assert.doesNotMatch(text, /[^\n\P{Cc}]/u);
});

test("the command ends with 0, 1 or 2, prints JSON, and leaves nothing behind", async (t) => {
  const directory = await temporaryDirectory(t);
  const run = (...args: readonly string[]) =>
    execa("node", ["functions/cli/main.ts", "inspect", ...args], {
      cwd: ROOT,
      env: { TMPDIR: directory },
      reject: false,
    });
  const [good, bad, missing, usage] = await Promise.all([
    run("--json", `${SAMPLES}/good/plain.qcow2.xz`),
    run("--format", "raw", `${SAMPLES}/good/plain.vmdk`),
    run("/nowhere"),
    run(),
  ]);
  assert.deepEqual(
    [good, bad, missing, usage].map(({ exitCode }) => exitCode),
    [0, 1, 2, 2],
  );
  assert.equal(JSON.parse(good.stdout).virtualSizeBytes, 8_388_608);
  assert.match(bad.stdout, /^refused: .*\(format-mismatch\)\n {2}the image is vmdk, not raw/);
  assert.deepEqual(await readdir(directory), []);
});

interface Asked {
  readonly convert?: boolean;
  readonly smallBytes?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

async function inspect(
  sample: Sample,
  { convert: isConverted = false, smallBytes, settings = {} }: Asked = {},
): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  try {
    const file = join(directory, "image");
    await layOut(sample, file);
    const question = {
      format: sample.declaredFormat,
      full: false,
      convert: isConverted,
      directory,
      config: readConfig(settings),
      ...(smallBytes === undefined ? {} : { smallBytes }),
    };
    const report = await inspectFile(file, question, AbortSignal.timeout(30_000));
    assert.deepEqual(await readdir(directory), ["image"]);
    return report;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Waits for a program that writes its process id first. */
async function started(path: string): Promise<number> {
  for (const end = performance.now() + 30_000; ; await sleep(20)) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (text !== "") {
      return Number(text);
    }
    assert.ok(performance.now() < end, "it has not been started");
  }
}
