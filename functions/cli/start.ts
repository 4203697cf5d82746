/*
 * The first file of the bundled command. It imports nothing and is written as old as it can be: what a static import names is loaded
 * before the first line runs, and an older Node fails there already (ERR_UNKNOWN_BUILTIN_MODULE of node:sqlite, or a SyntaxError).
 */
const NEEDED = 24; // engines in package.json
const EXIT_USAGE = 2;

const found = process.versions.node;
if (Number.parseInt(found, 10) < NEEDED) {
  process.stderr.write(
    `vmcatcher-one: needs Node.js ${NEEDED} or newer, and ${process.execPath} is ${found}: get it from https://nodejs.org/en/download\n`,
  );
  process.exitCode = EXIT_USAGE;
} else {
  void import("./main.ts"); // no await: it would need Node.js 14.8
}
export {};
