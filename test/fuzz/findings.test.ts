import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { zstdDecompressSync } from "node:zlib";
import * as z from "zod";
import { judge } from "./judge.ts";

/* What fuzzing has found, and how it must end since then. */

const directory = join(import.meta.dirname, "../fixtures/fuzz");

const findings = z
  .array(
    z.object({
      file: z.string(),
      format: z.string(),
      code: z.string().optional(),
      virtualSizeBytes: z.number().optional(),
      bug: z.string(),
    }),
  )
  .parse(JSON.parse(readFileSync(join(directory, "findings.json"), "utf8")));

for (const { file, format, code, virtualSizeBytes, bug } of findings) {
  test(`Bug: ${bug}. Fix: ${file} ends as ${code ?? `a disk of ${virtualSizeBytes} bytes`}`, async () => {
    const judgement = await judge(zstdDecompressSync(readFileSync(join(directory, file))), format);
    if (code !== undefined) {
      assert.deepEqual(judgement, { verdict: "refused", code });
      return;
    }
    assert.ok(judgement.verdict === "accepted" && judgement.finding.packing === undefined);
    assert.equal(judgement.finding.virtualSizeBytes, virtualSizeBytes);
  });
}
