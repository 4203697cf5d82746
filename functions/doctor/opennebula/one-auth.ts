import { stat } from "node:fs/promises";
import { errorText } from "../../shared/log/error-text.ts";
import { readSession } from "../../shared/opennebula/session.ts";
import { error, ok, warning, type Check } from "../check.ts";

/** The file with the account of the service. Its content is never told. */
export const oneAuth: Check = {
  name: "one-auth",
  looksAt: "the file ONE_AUTH",
  look: async ({ config: { oneAuthFile: path } }) => {
    try {
      await readSession(path);
    } catch (thrown) {
      return error(
        errorText(thrown),
        "ONE_AUTH is the path of a file with one line user:password, readable for the service's user",
      );
    }
    const { mode } = await stat(path);
    return (mode & OTHERS) === 0
      ? ok(`${path} holds an account`)
      : warning(`${path} can be read by everybody on this host`, `chmod 600 ${path}`);
  },
};

const OTHERS = 0o006;
