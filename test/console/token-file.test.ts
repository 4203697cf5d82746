import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { readToken } from "../../functions/console/token-file.ts";
import { ConfigError } from "../../functions/shared/settings/config.ts";
import { temporaryDirectory } from "../fakes/temporary-directory.ts";

const directory = await temporaryDirectory({ after });

describe("the file of the token", () => {
  it("holds the token, whatever blanks an editor has left around it", async () => {
    const path = join(directory, "token");
    await writeFile(path, "\n 0123456789abcdef \n");
    assert.equal(await readToken(path), "0123456789abcdef");
  });

  it("is refused when it is missing, empty or too short to be a secret", async () => {
    const path = join(directory, "short");
    await writeFile(path, "123456789012345\n");
    const wrong = { name: "ConfigError", message: /VMCATCHER_ONE_CONSOLE_TOKEN_FILE/ };
    await assert.rejects(readToken(path), wrong);
    await assert.rejects(readToken(join(directory, "none")), wrong);
    await assert.rejects(readToken(path), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.doesNotMatch(error.message, /123456789012345/);
      return true;
    });
  });
});
