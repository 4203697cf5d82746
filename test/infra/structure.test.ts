import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { execa } from "execa";
import * as z from "zod";

/** What the linter says of a tree of these files and nothing else, one line for each thing. */
async function lint(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-lint-"));
  try {
    await cp("infra/oxlint.json", join(directory, "infra/oxlint.json"));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(directory, dirname(name)), { recursive: true });
      await writeFile(join(directory, name), text);
    }
    const oxlint = join(import.meta.dirname, "../../node_modules/.bin/oxlint");
    const args = ["-c", "infra/oxlint.json", "--format=json", "functions"];
    const { stdout } = await execa({ cwd: directory, reject: false })(oxlint, args);
    const { diagnostics } = toldSchema.parse(JSON.parse(stdout));
    return diagnostics.map(({ filename, message }) => `${filename}: ${message}`).sort();
  } finally {
    await rm(directory, { recursive: true });
  }
}

const toldSchema = z.object({
  diagnostics: z.array(z.object({ filename: z.string(), message: z.string() })),
});

const importing = (...paths: readonly string[]) =>
  paths.map((path, index) => `export type { Thing${index} } from "${path}";\n`).join("");

describe("the linter", () => {
  it("refuses a circle of files, of types only too", async () => {
    const told = await lint({
      "functions/a/one.ts": importing("./two.ts"),
      "functions/a/two.ts": importing("./one.ts"),
    });
    assert.deepEqual(told, [
      "functions/a/one.ts: Dependency cycle detected",
      "functions/a/two.ts: Dependency cycle detected",
    ]);
  });

  it("refuses an import up or sideways", async () => {
    const upward: Readonly<Record<string, readonly string[]>> = {
      "functions/a/x.ts": ["../b/y.ts", "../cli/y.ts", "../registry.ts"],
      "functions/a/part/x.ts": ["../../b/y.ts", "../../cli/y.ts", "../../registry.ts"],
      "functions/a/part/piece/x.ts": ["../../../b/y.ts", "../../../registry.ts"],
      "functions/shared/a/x.ts": ["../../a/y.ts", "../../cli/y.ts", "../../registry.ts"],
      "functions/shared/a/part/x.ts": ["../../../a/y.ts", "../../../registry.ts"],
      "functions/job/x.ts": ["../a/y.ts", "../shared/a/y.ts", "../registry.ts"],
      "functions/registry.ts": ["./cli/y.ts"],
    };
    const files = Object.entries(upward);
    assert.deepEqual(
      await lint(Object.fromEntries(files.map(([file, paths]) => [file, importing(...paths)]))),
      files.flatMap(([file, paths]) => paths.map((path) => `${file}: '${path}' ${REFUSED}`)).sort(),
    );
  });

  it("takes what is imported downward", async () => {
    const told = await lint({
      "functions/cli/x.ts": importing("../a/y.ts", "../registry.ts"),
      "functions/registry.ts": importing("./a/y.ts", "./job/y.ts"),
      "functions/a/x.ts": importing("../shared/b/y.ts", "../job/y.ts"),
      "functions/a/part/x.ts": importing("../../shared/b/y.ts", "../y.ts"),
      "functions/a/part/piece/x.ts": importing("../../../shared/b/y.ts", "../../y.ts"),
      "functions/shared/a/x.ts": importing("../b/y.ts", "../../job/y.ts"),
      "functions/shared/a/part/x.ts": importing("../../b/y.ts", "../../../job/y.ts"),
    });
    assert.deepEqual(told, []);
  });
});

const REFUSED = "import is restricted from being used by a pattern.";

describe("functions/shared", () => {
  it("holds folders only", async () => {
    const entries = await readdir("functions/shared", { withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    assert.deepEqual(files, []);
  });

  it("has no circle of folders", async () => {
    let left = await importsByFolder();
    // A folder that imports none that is left stands at the bottom, in no circle; without it, so does the one above, and so on.
    for (let before = Infinity; left.length < before;) {
      before = left.length;
      const folders = new Set(left.map(({ folder }) => folder));
      left = left.map((its) => ({
        ...its,
        imports: its.imports.filter((one) => folders.has(one)),
      }));
      left = left.filter(({ imports }) => imports.length > 0);
    }
    assert.deepEqual(left, []);
  });
});

interface FolderImports {
  readonly folder: string;
  readonly imports: readonly string[];
}

async function importsByFolder(): Promise<readonly FolderImports[]> {
  const files = await readdir("functions/shared", { recursive: true });
  const edges = files
    .filter((name) => name.endsWith(".ts"))
    .map(async (name) => {
      const text = await readFile(join("functions/shared", name), "utf8");
      const [folder = ""] = name.split("/");
      const imports = [...text.matchAll(/"(\.[^"\n]*\.ts)"/g)]
        .map(([, path = ""]) => join(dirname(name), path).split("/")[0] ?? "")
        .filter((other) => other !== folder);
      return { folder, imports };
    });
  const byFolder = Map.groupBy(await Promise.all(edges), ({ folder }) => folder);
  return [...byFolder].map(([folder, its]) => ({
    folder,
    imports: [...new Set(its.flatMap(({ imports }) => imports))],
  }));
}
