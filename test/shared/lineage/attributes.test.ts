import assert from "node:assert/strict";
import { it } from "node:test";
import type { Digest } from "../../../functions/job/digest.ts";
import { contentDigest, digestAttribute } from "../../../functions/shared/lineage/attributes.ts";

const SHA512: Digest = `sha512:${"ab".repeat(64)}`;
const SHA256: Digest = `sha256:${"cd".repeat(32)}`;

it("what is written of an image's content is what is read of it", () => {
  for (const digest of [SHA512, SHA256]) {
    assert.equal(contentDigest({ attributes: new Map([digestAttribute(digest)]) }), digest);
  }
});

it("a sha512 keeps its name, and is read from an image of the predecessor in either case", () => {
  assert.equal(digestAttribute(SHA512)[0], "VMCATCHER_ONE_SHA512");
  const announced = ["VMCATCHER_EVENT_SL_CHECKSUM_SHA512", "AB".repeat(64)] as const;
  assert.equal(contentDigest({ attributes: new Map([announced]) }), SHA512);
  assert.equal(contentDigest({ attributes: new Map() }), undefined);
});
