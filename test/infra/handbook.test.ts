import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { availableParallelism, homedir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { readConfig } from "../../functions/shared/settings/config.ts";
import { settingsSchema } from "../../functions/shared/settings/settings-schema.ts";
import { helpLines, type HelpLine } from "./help.ts";
import { codeIn, tableRows } from "./markdown.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const read = (path: string) => readFile(join(ROOT, path), "utf8");

/** Read by the AWS SDK and by the C library, not by settings.ts. */
const READ_BY_OTHERS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "TZ"];

type Name = keyof typeof settingsSchema.shape;

const isSetting = (name: string): name is Name => Object.hasOwn(settingsSchema.shape, name);

/** Defaults that settings.ts cannot have since they follow from others or are somebody else's: what the table says, and whether it is so. */
async function otherDefaults(): Promise<Partial<Record<Name, readonly [string, boolean]>>> {
  const config = readConfig({});
  const moved = readConfig({ VMCATCHER_CACHE_DIR_CACHE: "/c", VMCATCHER_RDBMS: "/d" });
  const hook = await read("functions/enqueue-event/vmcatcher-hook");
  return {
    ONE_AUTH: ["`~/.one/one_auth`", config.oneAuthFile === join(homedir(), ".one/one_auth")],
    AWS_ENDPOINT_URL_SQS: ["AWS", config.sqsEndpoint === undefined],
    VMCATCHER_ONE_CONVERT_WORKERS: [
      "the cores, at most `8`",
      config.convertWorkers === Math.min(availableParallelism(), 8),
    ],
    VMCATCHER_ONE_CACHE_INDEX: [
      "`cache.index` in `VMCATCHER_CACHE_DIR_CACHE`",
      moved.cacheIndex === "/c/cache.index",
    ],
    VMCATCHER_ONE_VMCATCHER_DB: ["`VMCATCHER_RDBMS`", moved.vmcatcherDatabase === "/d"],
    VMCATCHER_CACHE_DIR_CACHE: [
      "`/var/lib/one/cache`",
      config.cacheIndex === "/var/lib/one/cache/cache.index",
    ],
    VMCATCHER_CACHE_DIR_DOWNLOAD: [
      "`partial/` in the directory of `cache.index`",
      moved.downloadDirectory === "/c/partial",
    ],
    VMCATCHER_RDBMS: [
      "`/var/lib/one/vmcatcher.db`",
      config.vmcatcherDatabase === "/var/lib/one/vmcatcher.db",
    ],
    VMCATCHER_ONE_VMCATCHER_IMAGE: [
      "`vmcatcher_image` in `PATH`",
      hook.includes('command -v "${VMCATCHER_ONE_VMCATCHER_IMAGE:-vmcatcher_image}"'),
    ],
    VMCATCHER_ONE_VMCATCHER_IMAGE_SECONDS: [
      "`10`",
      hook.includes("${VMCATCHER_ONE_VMCATCHER_IMAGE_SECONDS:-10}"),
    ],
  };
}

/** What a setting comes to when it is given that value, or none. */
function outcome(name: Name, value?: string): unknown {
  const { success, data, error } = settingsSchema.shape[name].safeParse(value);
  return success ? data : error.message;
}

/** The table's default, given as a value, must do what no value does; an empty one stands for nothing at all. */
function assertDefault(name: Name, cell: string): void {
  const [value] = codeIn(cell);
  if (value === undefined) {
    const nothing = [undefined, [], new Map()];
    const found = outcome(name);
    assert.equal(cell, "", name);
    assert.ok(
      nothing.some((none) => isEqual(found, none)),
      `${name} has a default: ${String(found)}`,
    );
  } else {
    assert.equal(cell, `\`${value}\``, name);
    assert.deepEqual(outcome(name, value), outcome(name), name);
  }
}

function isEqual(one: unknown, other: unknown): boolean {
  try {
    assert.deepEqual(one, other);
    return true;
  } catch {
    return false;
  }
}

describe("the table of settings", () => {
  const rows = async () => tableRows(await read("infra/operate/settings.md"), "setting");

  it("has every setting once, and no other", async () => {
    const told = (await rows()).flatMap(([name = ""]) => codeIn(name));
    const known = [...Object.keys(settingsSchema.shape), ...READ_BY_OTHERS];
    assert.deepEqual(told.toSorted(), known.toSorted());
  });

  it("has the defaults of the program", async () => {
    const others = await otherDefaults();
    for (const [cell = "", told = ""] of await rows()) {
      const [name = ""] = codeIn(cell);
      if (!isSetting(name)) {
        continue; // READ_BY_OTHERS, by the test before
      }
      const other = others[name];
      if (other === undefined) {
        assertDefault(name, told);
      } else {
        assert.deepEqual([told, true], other, name);
      }
    }
  });
});

describe("the table of commands", () => {
  const rows = async () => tableRows(await read("infra/operate/commands.md"), "command");
  let help: readonly HelpLine[] = [];
  before(async () => {
    help = await helpLines();
  });

  it("has every command and option once, as --help prints them, and no other", async () => {
    const told = (await rows()).flatMap(([name = ""]) => codeIn(name));
    const printed = help.map(({ name }) => name);
    assert.ok(printed.length > 40, `only ${printed.length} were printed`);
    assert.deepEqual(told.toSorted(), printed.toSorted());
  });

  it("has the defaults that --help prints", async () => {
    const meanings = new Map((await rows()).map(([name = "", meaning = ""]) => [name, meaning]));
    for (const { name, standard } of help) {
      if (standard !== undefined) {
        const meaning = meanings.get(`\`${name}\``) ?? "";
        assert.ok(meaning.includes(`by default \`${standard}\``), `${name}: ${meaning}`);
      }
    }
  });
});
