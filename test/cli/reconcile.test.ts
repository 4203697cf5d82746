import assert from "node:assert/strict";
import { it } from "node:test";
import { CommanderError } from "commander";
import { reconcileCommand } from "../../functions/cli/reconcile.ts";

it("Bug: wrong usage of reconcile plan and apply ended with 1, as a difference does. Fix: they leave the code to main.ts", (t) => {
  t.mock.method(process, "exit", () => assert.fail("the command ends the process itself"));
  for (const command of reconcileCommand().commands) {
    command.configureOutput({ writeErr: () => undefined });
    assert.throws(() => command.parse(["--nonsense"], { from: "user" }), CommanderError);
  }
});
