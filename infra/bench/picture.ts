import { readFile, writeFile } from "node:fs/promises";
import { resultsSchema } from "../../test/bench/results.ts";
import { drawResults } from "./draw.ts";

/*
 * Draws the picture for README.md of the figures beside it:
 * npm run bench -- --json infra/bench/results.json && node infra/bench/picture.ts
 */

const results = await readFile(new URL("results.json", import.meta.url), "utf8");
const picture = drawResults(resultsSchema.parse(JSON.parse(results)));
await writeFile(new URL("results.svg", import.meta.url), picture);
