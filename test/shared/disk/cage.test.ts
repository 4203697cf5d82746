import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { execa } from "execa";
import { caged } from "../../../functions/shared/disk/cage.ts";

const LIMITS = {
  addressSpaceBytes: 512 * 2 ** 20,
  fileBytes: 4096,
  cpuSeconds: 7,
  readable: [],
  writable: [],
};

test("a caged program has its limits, and gains no rights", async () => {
  const [setpriv, ...cage] = await caged("bash", LIMITS);
  const script = "ulimit -a; grep NoNewPrivs /proc/$$/status";
  const limits = await execa(setpriv, [...cage, "-c", script], { reject: false });
  assert.match(limits.stdout, /core file size .* 0$/m);
  assert.match(limits.stdout, /cpu time .* 7$/m);
  assert.match(limits.stdout, /file size .* 4$/m);
  assert.match(limits.stdout, /virtual memory .* 524288$/m);
});

test("where there is Landlock, a caged program opens what it is given and nothing else", async (t) => {
  if (!(await caged("cp", LIMITS)).includes("--landlock-access=fs")) {
    t.skip("setpriv or the kernel has no Landlock");
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  try {
    const [given, other, target] = ["given", "other", "target"].map((name) =>
      join(directory, name),
    );
    assert.ok(given !== undefined && other !== undefined && target !== undefined);
    for (const path of [given, other, target]) {
      await writeFile(path, path);
    }
    const files = { readable: [given], writable: [target] };
    const run = async (...args: readonly string[]) => {
      const [setpriv, ...cage] = await caged("cp", { ...LIMITS, ...files });
      return (await execa(setpriv, [...cage, ...args], { reject: false })).exitCode;
    };
    assert.equal(await run(given, target), 0);
    assert.equal(await readFile(target, "utf8"), given);
    assert.notEqual(await run(other, target), 0);
    assert.notEqual(await run("/etc/passwd", target), 0);
    assert.notEqual(await run(given, other), 0);
  } finally {
    await rm(directory, { recursive: true });
  }
});
