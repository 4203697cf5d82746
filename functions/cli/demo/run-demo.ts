import { createSite } from "../../../test/fakes/site.ts";
import { createLog } from "../../shared/log/log.ts";
import { ALL_FUNCTIONS } from "../beside.ts";
import { runFunctions } from "../run.ts";
import { createAudience } from "./audience.ts";
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
  const audience = createAudience(print);
  try {
    await Promise.race([tellStory(site, audience), running]);
    audience.conclude(await site.images());
  } finally {
    stop.abort(new Error("the story is over"));
    await running;
    await site.close();
  }
  return audience.failed();
}
