import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { anchorsOf, linksOf } from "./markdown.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAX_README_LINES = 150; // what an administrator reads in ten minutes

const read = (path: string) => readFile(join(ROOT, path), "utf8");

async function filesOf(...patterns: readonly string[]): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const path of glob(patterns, { cwd: ROOT, exclude: ["**/node_modules/**"] })) {
    paths.push(path);
  }
  return paths.toSorted();
}

/** Why a link of a page leads nowhere; undefined if it leads somewhere. */
async function problemOf(page: string, link: string): Promise<string | undefined> {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, target))) {
    return `${page}: ${link}: there is no such file`;
  }
  return anchor === undefined || anchorsOf(await read(target)).has(anchor)
    ? undefined
    : `${page}: ${link}: there is no such heading`;
}

describe("the handbooks", () => {
  it("begin with a README that can be read in ten minutes", async () => {
    const lines = (await read("README.md")).trimEnd().split("\n").length;
    assert.ok(lines <= MAX_README_LINES, `${lines} lines`);
  });

  it("link to files and headings that are there", async () => {
    const pages = await filesOf("*.md", "{functions,infra,test}/**/*.md");
    const links = await Promise.all(
      pages.map(async (page) => linksOf(await read(page)).map((link) => [page, link] as const)),
    );
    const ours = links.flat().filter(([, link]) => !/^[a-z]+:/.test(link));
    assert.ok(ours.length > 20, `only ${ours.length} links were found`);
    const problems = await Promise.all(ours.map(([page, link]) => problemOf(page, link)));
    assert.deepEqual(problems.filter(Boolean), []);
  });

  it("are all reached from the README", async () => {
    const reached = new Set<string>();
    const visit = async (page: string): Promise<void> => {
      reached.add(page);
      for (const link of linksOf(await read(page))) {
        const target = join(dirname(page), link.replace(/#.*/, ""));
        if (target.endsWith(".md") && !reached.has(target)) {
          await visit(target);
        }
      }
    };
    await visit("README.md");
    const pages = await filesOf("*.md", "infra/**/*.md", "test/*.md");
    assert.deepEqual(
      pages.filter((page) => !reached.has(page)),
      [],
    );
  });

  it("are where the program, its alerts and its settings send the reader", async () => {
    const files = await filesOf("functions/**/*", "infra/**/*.{ts,yaml,conf,service,container}");
    const named: string[] = [];
    for (const file of files.filter((name) => /\.[a-z]+$/.test(name))) {
      const text = await read(file);
      named.push(
        ...[...text.matchAll(/\b(?:[\w-]+\/)*[\w-]+\.md\b/g)]
          .filter(([path]) => !existsSync(join(ROOT, path)))
          .map(([path]) => `${file}: ${path}`),
      );
    }
    assert.deepEqual(named, []);
  });
});
