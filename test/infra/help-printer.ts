import { mock } from "node:test";
import { parentPort } from "node:worker_threads";

/*
 * A thread that answers each command line with what main.ts prints for it. main.ts runs again and again, but what it imports is loaded
 * once: that takes a second, and there are some twenty commands.
 */

let runs = 0;

for (const emitter of [process, process.stdout, process.stderr]) {
  emitter.setMaxListeners(0); // each run may add its own
}

parentPort?.on("message", (args: readonly string[]) => void answer(args));

async function answer(args: readonly string[]): Promise<void> {
  let printed = "";
  const write = mock.method(process.stdout, "write", (text: string) => {
    printed += text;
    return true;
  });
  process.argv.splice(2, Infinity, ...args);
  runs += 1;
  await import(`../../functions/cli/main.ts?${runs}`);
  write.mock.restore();
  parentPort?.postMessage(printed, []);
}
