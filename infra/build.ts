import { chmod, copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle, formatMessages } from "esbuild";
import type { BuildOptions, Plugin } from "esbuild";
import { steps } from "../functions/registry.ts";

/*
 * Bundles the program: node infra/build.ts
 *
 * dist/ then needs nothing but Node: the command vmcatcher-one.js, one Lambda-shaped FUNCTION.js for each step, what they
 * share in chunks beside them, vmcatcher's hook, and the two processes of the demonstration with containers.
 */

/**
 * Replaces a directory by a new build.
 * @throws Error with all that esbuild has to say, warnings too
 */
export async function build(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  const { warnings } = await bundle({
    entryPoints: [...entries.keys()],
    plugins: [virtualEntries],
    outdir: directory,
    ...BUNDLING,
  });
  if (warnings.length > 0) {
    throw new Error((await formatMessages(warnings, { kind: "warning" })).join("\n"));
  }
  await writeFile(join(directory, "package.json"), `{ "type": "module" }\n`); // wherever dist/ is copied to
  await chmod(join(directory, `${COMMAND}.js`), 0o755);
  await copyFile(join(FUNCTIONS, "enqueue-event", HOOK), join(directory, HOOK));
  await chmod(join(directory, HOOK), 0o755);
}

/** How everything is bundled. */
export const BUNDLING = {
  absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
  platform: "node",
  target: "node24",
  format: "esm",
  bundle: true,
  splitting: true, // the steps are loaded on first use; chunks lie beside the entries, so import.meta.url is in dist/ for all
  minify: true,
  sourcemap: true,
  // CommonJS packages in an ES module call a `require` that is not there. The long name is one that minifying never gives.
  banner: {
    js: `import{createRequire as nodeCreateRequire}from"node:module";const require=nodeCreateRequire(import.meta.url);`,
  },
  logLevel: "silent",
} as const satisfies BuildOptions;

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FUNCTIONS = join(ROOT, "functions");
const COMMAND = "vmcatcher-one";
const HOOK = "vmcatcher-hook";

/** The sources of the entries, by the name of the bundle: steps differ in their name only, so they have no files. */
const entries: ReadonlyMap<string, string> = new Map([
  [COMMAND, `#!/usr/bin/env node\nimport "./cli/start.ts";`],
  ...Object.keys(steps).map((name): [string, string] => [name, lambdaSource(JSON.stringify(name))]),
  // Threads: a bundle loads them from beside itself (shared/disk/thread.ts).
  ["grain-thread", `import "./shared/disk/grains/grain-thread.ts";`],
  ["digest-thread", `import "./convert-image/digest-thread.ts";`],
  // The other parties of infra/compose.demo.yaml; `vmcatcher-one demo` has what they are made of in any case.
  ["demo-opennebula", `import "../test/fakes/opennebula/main.ts";`],
  ["demo-publisher", `import "../test/fakes/vmcatcher/main.ts";`],
]);

function lambdaSource(name: string): string {
  return `
    import { FIRST_STEP, steps } from "./registry.ts";
    import { lambdaEntry } from "./shared/worker/lambda-entry.ts";
    export const handler = lambdaEntry(${name}, steps[${name}], FIRST_STEP);`;
}

const virtualEntries: Plugin = {
  name: "virtual entries",
  setup: (build) => {
    build.onResolve({ filter: /^/ }, ({ kind, path }) =>
      kind === "entry-point" ? { path, namespace: "entry" } : undefined,
    );
    build.onLoad({ filter: /^/, namespace: "entry" }, ({ path }) => ({
      contents: entries.get(path) ?? "",
      loader: "ts",
      resolveDir: FUNCTIONS,
    }));
  },
};

if (import.meta.main) {
  await build(join(ROOT, "dist"));
}
