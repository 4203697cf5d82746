import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { tellStory } from "../../../functions/cli/demo/story.ts";
import { hookPath } from "../../../functions/cli/hook.ts";
import { imageTable } from "../../../functions/cli/status-text.ts";
import { readConfig } from "../../../functions/shared/config.ts";
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
const print = (line: string) => process.stdout.write(`${line}\n`);
let failed = 0;
try {
  const vmcatcher = await createVmcatcher({
    directory: join(directory, "vmcatcher"),
    hook: hookPath(),
    environment: { VMCATCHER_ONE_HOME: config.home },
  });
  const session = (await readFile(config.oneAuthFile, "utf8")).trim();
  const simulator = remoteFrontEnd(config.oneXmlrpc.href, session);
  await tellStory(
    { directory, vmcatcher, oneadmin, simulator, until: untilImages(images) },
    {
      print,
      check: (what, ok) => {
        failed += ok ? 0 : 1;
        print(`   ${ok ? "ok" : "NOT AS TOLD"}  ${what}`);
      },
    },
  );
  print(`\nWhat OpenNebula holds now:\n\n${imageTable(await images())}`);
  print(failed === 0 ? "All as told." : `${failed} not as told.`);
} finally {
  await rm(directory, { recursive: true });
}
process.exitCode = failed === 0 ? 0 : 1;
