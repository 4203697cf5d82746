import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { makeOva, makeRaw, type Appliance } from "../../functions/cli/demo/appliance.ts";
import type { Site } from "../fakes/site.ts";
import type { Random } from "../fuzz/random.ts";

/** What vmcatcher endorses of one identifier, and its rights. */
export interface Endorsement {
  readonly identifier: string;
  /** sha256 of the disk that must be live, in raw; undefined when none must be. */
  diskSha256: string | undefined;
  /** What the administrator has given it; undefined for those of a new image. */
  rights: { readonly uid: number; readonly gid: number; readonly mode: string } | undefined;
}

/** What happens at vmcatcher, and what must be at OpenNebula in the end. */
export class History {
  readonly endorsements: readonly Endorsement[];
  readonly #site: Site;
  readonly #random: Random;
  readonly #listed = new Map<string, { diskSha256: string; subscribed: boolean }>();
  #versions = 0;
  readonly #told: string[] = [];

  constructor(site: Site, random: Random, images: number) {
    this.#site = site;
    this.#random = random;
    this.endorsements = Array.from({ length: images }, (_, index) => ({
      identifier: identifierOf(index),
      diskSha256: undefined,
      rights: undefined,
    }));
  }

  /** One line for each thing that happened, oldest first. */
  told(): string {
    return this.#told.join("\n");
  }

  /** New versions, subscriptions that end and begin again, for some of the images; then one run of vmcatcher. */
  async step(): Promise<void> {
    for (const endorsement of this.endorsements) {
      if (this.#random.percent(35)) {
        await (this.#random.percent(65) ? this.#publish(endorsement) : this.#toggle(endorsement));
      }
    }
    await this.#site.vmcatcher.run();
  }

  /** A new version of everything, then one run of vmcatcher. @param make makes each image, from the version's number */
  async publishAll(make?: (version: number) => Promise<Made>): Promise<void> {
    for (const endorsement of this.endorsements) {
      await this.#publish(endorsement, make);
    }
    await this.#site.vmcatcher.run();
  }

  /** The image is not wanted any more, or again; then one run of vmcatcher. */
  async toggle(index: number): Promise<void> {
    const endorsement = this.endorsements[index];
    if (endorsement !== undefined) {
      await this.#toggle(endorsement);
    }
    await this.#site.vmcatcher.run();
  }

  async #publish(endorsement: Endorsement, make = this.#make): Promise<void> {
    const version = ++this.#versions;
    const { identifier } = endorsement;
    const { file, diskSha256, format } = await make(version);
    await this.#site.vmcatcher.endorse({
      identifier,
      file,
      title: `image ${identifier}`,
      version: String(version),
      format,
    });
    const subscribed = this.#listed.get(identifier)?.subscribed ?? true;
    this.#listed.set(identifier, { diskSha256, subscribed });
    endorsement.diskSha256 = subscribed ? diskSha256 : undefined;
    this.#told.push(`${identifier} version ${version} as ${format}`);
  }

  readonly #make = async (version: number): Promise<Made> => {
    const [format, make] = this.#random.pick(FORMATS);
    const directory = join(this.#site.directory, "repository");
    return { format, ...(await make(directory, `v${version}`, `version ${version}`)) };
  };

  async #toggle(endorsement: Endorsement): Promise<void> {
    const { identifier } = endorsement;
    const listed = this.#listed.get(identifier);
    if (listed === undefined) {
      return;
    }
    listed.subscribed = !listed.subscribed;
    await this.#site.vmcatcher.subscribe(identifier, listed.subscribed);
    endorsement.diskSha256 = listed.subscribed ? listed.diskSha256 : undefined;
    this.#told.push(`${identifier} ${listed.subscribed ? "subscribed again" : "unsubscribed"}`);
  }
}

/** An image as a list offers it. */
interface Made extends Appliance {
  readonly format: string;
}

type Make = (directory: string, name: string, seed: string) => Promise<Appliance>;

const makeQcow2: Make = async (directory, name, seed) => {
  await mkdir(directory, { recursive: true });
  const raw = await makeRaw(directory, name, seed);
  const file = join(directory, `${name}.qcow2`);
  await execa("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw.file, file]);
  return { file, diskSha256: raw.diskSha256 };
};

const FORMATS: readonly (readonly [string, Make])[] = [
  ["RAW", makeRaw],
  ["qcow2", makeQcow2],
  ["OVA", makeOva],
];

function identifierOf(index: number): string {
  return `0c4f5d1a-0000-4000-8000-${String(index).padStart(12, "0")}`;
}
