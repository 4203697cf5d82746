import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { execa } from "execa";

/** What the linter says of a tree of these files and nothing else. */
async function lint(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-lint-"));
  try {
    await cp("infra/oxlint.json", join(directory, "infra/oxlint.json"));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(directory, dirname(name)), { recursive: true });
      await writeFile(join(directory, name), text);
    }
    const oxlint = join(import.meta.dirname, "../../node_modules/.bin/oxlint");
    const told = await execa({ cwd: directory, reject: false })(oxlint, [
      "-c",
      "infra/oxlint.json",
      "functions",
    ]);
    return told.stdout;
  } finally {
    await rm(directory, { recursive: true });
  }
}

const importing = (path: string) => `export type { Thing } from "${path}";\n`;

describe("the linter refuses", () => {
  it("a circle of files, of types only too", async () => {
    const told = await lint({
      "functions/a/one.ts": `${importing("./two.ts")}export interface One {}`,
      "functions/a/two.ts": importing("./one.ts"),
    });
    assert.match(told, /Dependency cycle detected/);
  });

  const refused: readonly (readonly [from: string, path: string])[] = [
    ["functions/a/x.ts", "../b/y.ts"],
    ["functions/a/x.ts", "../cli/y.ts"],
    ["functions/a/x.ts", "../registry.ts"],
    ["functions/a/part/x.ts", "../../b/y.ts"],
    ["functions/a/part/x.ts", "../../registry.ts"],
    ["functions/a/part/piece/x.ts", "../../../b/y.ts"],
    ["functions/shared/a/x.ts", "../../a/y.ts"],
    ["functions/shared/a/x.ts", "../../cli/y.ts"],
    ["functions/shared/a/x.ts", "../../registry.ts"],
    ["functions/shared/a/part/x.ts", "../../../a/y.ts"],
    ["functions/job/x.ts", "../shared/a/y.ts"],
    ["functions/job/x.ts", "../a/y.ts"],
    ["functions/registry.ts", "./cli/y.ts"],
  ];
  for (const [from, path] of refused) {
    it(`an import up or sideways: of ${path} in ${from}`, async () => {
      const told = await lint({ [from]: importing(path) });
      assert.match(told, /no-restricted-imports/);
      assert.ok(told.includes(`'${path}' import is restricted`), told);
    });
  }
});

it("the linter takes what is imported downward", async () => {
  const told = await lint({
    "functions/cli/x.ts": importing("../a/y.ts") + importing("../registry.ts"),
    "functions/registry.ts": importing("./a/y.ts") + importing("./job/y.ts"),
    "functions/a/x.ts": importing("../shared/b/y.ts") + importing("../job/y.ts"),
    "functions/a/part/x.ts": importing("../../shared/b/y.ts") + importing("../y.ts"),
    "functions/a/part/piece/x.ts": importing("../../../shared/b/y.ts") + importing("../../y.ts"),
    "functions/shared/a/x.ts": importing("../b/y.ts") + importing("../../job/y.ts"),
    "functions/shared/a/part/x.ts": importing("../../b/y.ts") + importing("../../../job/y.ts"),
  });
  assert.match(told, /Found 0 warnings and 0 errors/);
});

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
