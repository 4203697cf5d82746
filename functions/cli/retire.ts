import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { Command } from "commander";
import type { RawEvent } from "../shared/spool/entry.ts";
import { handle as enqueue } from "../enqueue-event/handler.ts";
import { eventTimeAt, hookTime } from "../shared/time/event-time.ts";
import { FIRST_STEP } from "../registry.ts";
import type { Endorsement } from "../shared/endorsement/endorsement.ts";
import { endorsementOf } from "../shared/worker/endorsement-sources.ts";
import { readConfig, type Config } from "../shared/settings/config.ts";
import { silentLog } from "../shared/log/log.ts";
import { IDENTIFIER } from "../job/identifier.ts";
import { lineageOf } from "../shared/lineage/lineage.ts";
import { createOpenNebula } from "../shared/opennebula/client.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { EXIT_USAGE } from "./exit-codes.ts";
import { printable } from "../shared/log/printable.ts";

/** `retire IDENTIFIER`: retires the live image as if vmcatcher had said that it is endorsed no more. */
export function retireCommand(): Command {
  return new Command("retire")
    .argument("<identifier>", "the dc:identifier")
    .option("--yes", "really do it; without, what would be retired is told")
    .option(
      "--force",
      "also when vmcatcher still endorses it, or has not downloaded its update yet",
    )
    .addHelpText(
      "after",
      "\nThe event takes its turn in the queue behind those that wait. An image that vmcatcher endorses comes back with its next\nannouncement: unsubscribe it in vmcatcher.",
    )
    .action(async (identifier: string, options: { yes?: boolean; force?: boolean }) => {
      const config = readConfig(process.env);
      const endorsement = endorsementOf(config);
      const live = await liveImage(identifier, config);
      if (options.force !== true) {
        await refuseEndorsed(identifier, endorsement);
      }
      const what = `image ${live.id} ${live.name} of ${live.uname}:${live.gname}, ${live.mode} ${live.state}, ${live.runningVms} VMs`;
      if (options.yes !== true) {
        process.stdout.write(`would retire ${printable(what)}\n`);
        process.stderr.write("vmcatcher-one: nothing was done: add --yes\n");
        process.exitCode = EXIT_USAGE;
        return;
      }
      const queues = openQueues(config);
      try {
        const event = expiryOf(live, config, options.force === true);
        const queue = await queues.open(FIRST_STEP);
        const { id } = await enqueue(
          event,
          { queue, endorsement, log: silentLog },
          new AbortController().signal,
        );
        process.stdout.write(`queued as job ${id}: ${printable(what)}\n`);
      } finally {
        await queues.close();
      }
    });
}

async function liveImage(identifier: string, config: Config): Promise<Image> {
  const opennebula = createOpenNebula({
    endpoint: config.oneXmlrpc,
    authFile: config.oneAuthFile,
  });
  const { images, live } = lineageOf(
    identifier,
    await opennebula.images(AbortSignal.timeout(TIMEOUT_MS)),
  );
  if (live === undefined) {
    throw new Error(
      images.length === 0
        ? `${identifier}: OpenNebula holds no image of it`
        : `${identifier}: nothing is live; its ${images.length} images are old versions (see history)`,
    );
  }
  return live;
}

const TIMEOUT_MS = 60_000;

async function refuseEndorsed(identifier: string, endorsement: Endorsement): Promise<void> {
  const found = await endorsement.look(AbortSignal.timeout(TIMEOUT_MS));
  const { kind } = found.of(identifier);
  if (kind === "awaited") {
    throw new Error(
      `${identifier}: vmcatcher still endorses it and has not downloaded its update yet: look into vmcatcher's log why, unsubscribe it there, or use --force`,
    );
  }
  if (kind === "endorsed") {
    throw new Error(
      `${identifier}: vmcatcher still endorses it (${found.record}): unsubscribe it there, or use --force`,
    );
  }
  if (kind === "unknown") {
    process.stderr.write(
      `vmcatcher-one: whether vmcatcher still endorses the image is not known: ${printable(found.notChecked.join("; "))}\n`,
    );
  }
}

/** The event that vmcatcher would have sent: with what it had announced of the image, of now, and the subscription gone. */
function expiryOf(live: Image, { cacheIndex }: Config, force: boolean): RawEvent {
  const announced = [...live.attributes].filter(([name]) => name.startsWith("VMCATCHER_EVENT_"));
  return {
    variables: new Map([
      ...announced,
      [IDENTIFIER, live.attributes.get(IDENTIFIER) ?? ""],
      ["VMCATCHER_EVENT_TYPE", "ExpirePostfix"],
      ["VMCATCHER_EVENT_UUID_SESSION", randomUUID()],
      // Without it register-image does not ask whether vmcatcher endorses the identifier.
      ...(force ? [] : [["VMCATCHER_CACHE_DIR_CACHE", dirname(cacheIndex)] as const]),
    ]),
    hook: new Map([
      ["VMCATCHER_ONE_HOOK_SUBSCRIPTION", "gone"],
      ["VMCATCHER_ONE_HOOK_TIME", hookTime(eventTimeAt(new Date()))],
    ]),
  };
}
