import assert from "node:assert/strict";
import { it } from "node:test";
import { queuedSchema } from "../../functions/job/job.ts";

const JOB = {
  id: "0".repeat(32),
  eventTime: "2026-11-22T10:00:00.000000000Z",
  identifier: "U",
  attributes: {},
  restarts: 0,
  event: "available",
  source: { path: "/pin", pinned: true },
};
const HEX = "ab".repeat(64);

it("a message of the version before, which has a sha512, is understood", () => {
  const { job } = queuedSchema.parse({ job: { ...JOB, sha512: HEX } });
  assert.deepEqual(job, { ...JOB, digest: `sha512:${HEX}` });
});

it("a digest is one of the known algorithms, with as many digits as it has", () => {
  const takes = (digest: unknown) => queuedSchema.safeParse({ job: { ...JOB, digest } }).success;
  assert.ok(takes(`sha512:${HEX}`));
  assert.ok(takes(`sha256:${HEX.slice(64)}`));
  const wrong = [
    HEX,
    `md5:${"0".repeat(32)}`,
    `sha512:${HEX.toUpperCase()}`,
    `sha512:${HEX.slice(64)}`,
    `sha256:${HEX}`,
    `sha512:${HEX}0`,
    undefined,
  ];
  assert.deepEqual(wrong.filter(takes), []);
});
