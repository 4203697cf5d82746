import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { execa } from "execa";
import { inspectFile, type Report } from "../../functions/convert-image/inspect-file.ts";
import { inspectText } from "../../functions/cli/inspect-text.ts";
import { readConfig } from "../../functions/shared/settings/config.ts";
import { layOut, sampleNamed, type Sample } from "../fixtures/samples/samples.ts";
import { temporaryDirectory } from "../fakes/temporary-directory.ts";

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
  const several = await inspect(sampleNamed("good/empty-second-disk.ova"));
  assert.equal(several.otherDisks.length, 1);
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
    checked: "headers",
  });
  assert.doesNotMatch(text, /[^\n\P{Cc}]/u);
});

test("the command ends with 0, 1 or 2, prints JSON, and leaves nothing behind", async (t) => {
  const directory = await temporaryDirectory(t);
  const run = (...args: readonly string[]) =>
    execa("node", ["functions/cli/main.ts", "inspect", ...args], {
      cwd: join(import.meta.dirname, "../.."),
      env: { TMPDIR: directory },
      reject: false,
    });
  const samplesDirectory = "test/fixtures/samples";
  const [good, bad, missing, usage] = await Promise.all([
    run("--json", `${samplesDirectory}/good/plain.qcow2.xz`),
    run("--format", "raw", `${samplesDirectory}/good/plain.vmdk`),
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

async function inspect(
  sample: Sample,
  { smallBytes }: { readonly smallBytes?: number } = {},
): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  try {
    const file = join(directory, "image");
    await layOut(sample, file);
    const question = {
      format: sample.declaredFormat,
      full: false,
      config: readConfig({}),
      ...(smallBytes === undefined ? {} : { smallBytes }),
    };
    return await inspectFile(file, question, AbortSignal.timeout(30_000));
  } finally {
    await rm(directory, { recursive: true });
  }
}
