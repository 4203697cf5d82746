import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createAudience } from "../../../functions/cli/demo/audience.ts";
import { tellStory } from "../../../functions/cli/demo/story.ts";
import { hookPath } from "../../../functions/shared/spool/hook-path.ts";
import { readConfig } from "../../../functions/shared/settings/config.ts";
import { createOpenNebula } from "../../../functions/shared/opennebula/client.ts";
import { remoteFrontEnd } from "../opennebula/remote.ts";
import { untilImages } from "../until-images.ts";
import { createVmcatcher } from "./vmcatcher.ts";

/*
 * The publisher of infra/compose.demo.yaml: vmcatcher and the story of `vmcatcher-one demo`, told against functions and a simulated
 * OpenNebula that run elsewhere. It has the settings of vmcatcher-one, and ends with 0 when everything was as told.
 */
const ANSWER_TIMEOUT_MS = 10_000;

const config = readConfig(process.env);
await mkdir(config.home, { recursive: true });
const directory = await mkdtemp(join(config.home, "publisher-"));
const oneadmin = createOpenNebula({ endpoint: config.oneXmlrpc, authFile: config.oneAuthFile });
const images = () => oneadmin.images(AbortSignal.timeout(ANSWER_TIMEOUT_MS));
const audience = createAudience((line) => process.stdout.write(`${line}\n`));
try {
  const vmcatcher = await createVmcatcher({
    directory: join(directory, "vmcatcher"),
    hook: hookPath(),
    environment: { VMCATCHER_ONE_HOME: config.home },
  });
  const session = (await readFile(config.oneAuthFile, "utf8")).trim();
  const simulator = remoteFrontEnd(config.oneXmlrpc.href, session);
  const stage = { directory, vmcatcher, oneadmin, simulator, until: untilImages(images) };
  await tellStory(stage, audience);
  audience.conclude(await images());
} finally {
  await rm(directory, { recursive: true });
}
process.exitCode = audience.failed() === 0 ? 0 : 1;
