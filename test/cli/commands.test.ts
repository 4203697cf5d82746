import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Help } from "commander";
import { execa } from "execa";
import { commands, commandsFor } from "../../functions/cli/commands.ts";

const names = Object.keys(commands);
const help = new Help();

describe("the list of commands", () => {
  it("shows of each what the command itself says", async () => {
    const complete = await commandsFor(names);
    const listed = await commandsFor([]);
    assert.deepEqual(
      listed.map((command) => help.subcommandTerm(command)),
      complete.map((command) => help.subcommandTerm(command)),
    );
    assert.deepEqual(
      complete.map((command) => command.name()),
      names,
    );
  });

  it("describes each", async () => {
    for (const command of await commandsFor([])) {
      assert.notEqual(command.description(), "", command.name());
    }
  });
});

describe("a command line", () => {
  const cli = (...args: readonly string[]) =>
    execa("node", ["functions/cli/main.ts", ...args], { reject: false });

  it("gets the whole help of a command, however it asks for it", async () => {
    const { stdout, exitCode } = await cli("dead-letters", "--help");
    assert.equal(exitCode, 0);
    assert.match(stdout, /^Usage: vmcatcher-one dead-letters \[options\]\n\nlist the messages/);
    assert.match(stdout, /--json +machine-readable output/);
    assert.equal((await cli("help", "dead-letters")).stdout, stdout);
  });

  it("with a name that is none ends with 2, and is told what may be meant", async () => {
    const { stderr, exitCode } = await cli("dead-leters");
    assert.equal(exitCode, 2);
    assert.match(stderr, /unknown command 'dead-leters'\n\(Did you mean dead-letters\?\)/);
  });
});
