import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import * as z from "zod";
import type { Appliance } from "../../functions/cli/demo/appliance.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import type { ContainerSite } from "./site.ts";

/** A qcow2 of a quarter of a GiB that nothing compresses: at a twentieth of a processor its conversion takes many seconds. */
export async function makeLarge(directory: string, name: string): Promise<Appliance> {
  await mkdir(directory, { recursive: true });
  const raw = join(directory, `${name}.raw`);
  await using file = await open(raw, "wx");
  for (let written = 0; written < LARGE_BYTES; written += PIECE_BYTES) {
    await file.write(randomBytes(PIECE_BYTES));
  }
  const qcow2 = join(directory, `${name}.qcow2`);
  await execa("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, qcow2]);
  const appliance = { file: qcow2, diskSha256: await sha256Of(raw) };
  await rm(raw);
  return appliance;
}

/** Lets vmcatcher announce a version of an image. */
export async function publish(
  { vmcatcher }: ContainerSite,
  identifier: string,
  { file }: Appliance,
  version: string,
): Promise<void> {
  const format = file.split(".").at(-1) === "img" ? "RAW" : file.split(".").at(-1)?.toUpperCase();
  await vmcatcher.endorse({
    identifier,
    file,
    title: `image ${identifier}`,
    version,
    format: format ?? "",
  });
}

/** The live image of an identifier whose content is exactly this. */
export async function liveWith(
  site: ContainerSite,
  identifier: string,
  appliance: Appliance,
  seconds: number,
): Promise<Image> {
  const checked = new Map<number, boolean>(); // content never changes, and hashing takes time
  for (const end = performance.now() + seconds * 1000; ; await sleep(100)) {
    const images = await site.images();
    const live = images.filter(
      (image) => image.name === identifier && image.attributes.get(STATE) === "live",
    );
    for (const image of live) {
      const source = site.simulator.sourceOf(image.id);
      if (!checked.has(image.id)) {
        checked.set(image.id, (await sha256Of(source)) === appliance.diskSha256);
      }
      if (checked.get(image.id) === true) {
        return image;
      }
    }
    if (performance.now() > end) {
      const found = images.map(({ id, name, state }) => `${id} ${name} ${state}`).join("\n");
      throw new Error(`${identifier} does not hold its new version after ${seconds} s:\n${found}`);
    }
  }
}

/** Waits until a condition holds. @throws Error that says what is not so */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  seconds: number,
): Promise<void> {
  for (const end = performance.now() + seconds * 1000; !(await condition()); await sleep(100)) {
    if (performance.now() > end) {
      throw new Error(`not within ${seconds} s: ${what}`);
    }
  }
}

/** What is still under way, or was given up: empty when all work is done. By `status --json` in a container. */
export async function unfinished(site: ContainerSite): Promise<readonly string[]> {
  const text = await site.project.compose(
    "exec",
    "-T",
    "enqueue-event",
    "vmcatcher-one",
    "status",
    "--json",
  );
  const { spool, queues } = statusSchema.parse(JSON.parse(text));
  const staged = await readdir(join(site.home, "staging"));
  return [
    ...(spool.waiting + spool.bad.length > 0 ? [`spool ${JSON.stringify(spool)}`] : []),
    ...queues
      .filter(({ waiting, inFlight, dead }) => waiting + inFlight + dead > 0)
      .map((queue) => `queue ${JSON.stringify(queue)}`),
    ...staged.map((name) => `staging/${name}`),
  ];
}

const statusSchema = z.object({
  spool: z.object({ waiting: z.number(), bad: z.array(z.unknown()) }),
  queues: z.array(z.looseObject({ waiting: z.number(), inFlight: z.number(), dead: z.number() })),
});

const LARGE_BYTES = 256 * 2 ** 20;
const PIECE_BYTES = 8 * 2 ** 20;

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) {
    hash.update(part);
  }
  return hash.digest("hex");
}
