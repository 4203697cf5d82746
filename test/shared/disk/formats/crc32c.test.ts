import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "../../../../functions/shared/disk/formats/crc32c.ts";

test("CRC-32C of the vectors of RFC 3720, appendix B.4", () => {
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
});
