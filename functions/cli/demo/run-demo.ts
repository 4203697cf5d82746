import { createSite } from "../../../test/fakes/site.ts";
import { createLog } from "../../shared/log.ts";
import { ALL_FUNCTIONS, runFunctions } from "../run.ts";
import { imageTable } from "../status-text.ts";
import { tellStory } from "./story.ts";

/**
 * Plays the story in a temporary directory, with the real hook, the embedded queue, all functions and the real qemu-img.
 * @returns how many things were not as told
 */
export async function runDemo(print: (line: string) => void): Promise<number> {
  const site = await createSite({ env: { VMCATCHER_ONE_SWEEP_SECONDS: "1" } });
  const stop = new AbortController();
  const running = runFunctions(
    ALL_FUNCTIONS,
    site.config,
    createLog("error", "stderr"),
    stop.signal,
  );
  let failed = 0;
  const check = (what: string, ok: boolean) => {
    failed += ok ? 0 : 1;
    print(`   ${ok ? "ok" : "NOT AS TOLD"}  ${what}`);
  };
  try {
    await Promise.race([tellStory(site, { print, check }), running]);
    print("\nWhat OpenNebula holds now:\n");
    print(imageTable(await site.images()));
  } finally {
    stop.abort(new Error("the story is over"));
    await running;
    await site.close();
  }
  print(failed === 0 ? "All as told." : `${failed} not as told.`);
  return failed;
}
