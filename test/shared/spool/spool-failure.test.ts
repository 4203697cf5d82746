import assert from "node:assert/strict";
import { it } from "node:test";
import { explained } from "../../../functions/shared/spool/spool-failure.ts";

const refusals: readonly [string, RegExp][] = [
  [
    "EACCES",
    /^cannot write \/spool\/bad\/x: run vmcatcher and vmcatcher-one as the same user.* \(EACCES\)$/,
  ],
  ["ENOSPC", /^cannot write \/spool\/bad\/x: there is no space left, make room \(ENOSPC\)$/],
  ["EROFS", /^cannot write \/spool\/bad\/x: the file system is read-only \(EROFS\)$/],
  ["EIO", /^cannot write \/spool\/bad\/x: EIO: i\/o error \(EIO\)$/],
];
for (const [code, message] of refusals) {
  it(`says what to do about ${code}`, async () => {
    const cause = Object.assign(new Error(`${code}: i/o error`), { code });
    const refused = explained("write", "/spool/bad/x", () => Promise.reject(cause));
    await assert.rejects(refused, { name: "SpoolFailure", message, cause });
  });
}

it("leaves other errors as they are", async () => {
  const error = new TypeError("a mistake");
  await assert.rejects(
    explained("write", "/x", () => Promise.reject(error)),
    error,
  );
});
