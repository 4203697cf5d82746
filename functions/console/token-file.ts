import { readFile } from "node:fs/promises";
import { ConfigError } from "../shared/settings/config.ts";
import { errorText } from "../shared/log/error-text.ts";

/**
 * The secret that the page asks for: what stands in the file, without blanks around it.
 * @throws ConfigError when it cannot be read or is too short
 */
export async function readToken(path: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw new ConfigError([`${SETTING}: cannot be read: ${errorText(error)}`]);
  }
  if (token.length < MIN_CHARACTERS) {
    throw new ConfigError([
      `${SETTING}: ${path} must hold at least ${MIN_CHARACTERS} characters; openssl rand -hex 16 makes some`,
    ]);
  }
  return token;
}

const SETTING = "VMCATCHER_ONE_CONSOLE_TOKEN_FILE";

const MIN_CHARACTERS = 16; // 64 bits even of hexadecimal digits: out of reach at ten guesses a minute (guard.ts)
