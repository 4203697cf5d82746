import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { UntilImages } from "../../../test/fakes/until-images.ts";
import type { Vmcatcher } from "../../../test/fakes/vmcatcher/vmcatcher.ts";
import { STATE } from "../../shared/lineage/attributes.ts";
import type { Image, OpenNebula } from "../../shared/opennebula/opennebula.ts";
import { makeOva, makeRaw, type Appliance } from "./appliance.ts";
import type { Audience } from "./audience.ts";

/** Where the story plays: in this process, or in containers of which this process is one. */
export interface Stage {
  /** For the files that are published. */
  readonly directory: string;
  readonly vmcatcher: Vmcatcher;
  /** OpenNebula as oneadmin sees it. */
  readonly oneadmin: OpenNebula;
  /** What else happens in OpenNebula. */
  readonly simulator: FrontEnd;
  readonly until: UntilImages;
}

/** The part of the simulator that the story needs. Everything returns the id of what was made, but for `sourceOf`. */
export interface FrontEnd {
  createGroup(name: string): number | Promise<number>;
  createUser(name: string, password: string, gid: number): number | Promise<number>;
  startVm(imageId: number): number | Promise<number>;
  stopVm(vmId: number): void | Promise<void>;
  /** Where the copy of an image lies. */
  sourceOf(imageId: number): string | Promise<string>;
}

/** Published, given to a VO, updated, disabled, updated, expired, subscribed again. @throws when a step does not come about */
export async function tellStory(
  site: Stage,
  audience: Pick<Audience, "print" | "check">,
): Promise<void> {
  const { oneadmin, simulator, vmcatcher } = site;
  const { print, check } = audience;
  const signal = AbortSignal.timeout(STORY_TIMEOUT_MS);
  const files = join(site.directory, "repository");
  const publish = async (identifier: string, appliance: Appliance, version: string) => {
    const format = appliance.file.endsWith(".ova") ? "OVA" : "RAW";
    const title =
      identifier === OVA ? "Image for CernVM [Scientific Linux/6.0/KVM]" : "EGI Small Ubuntu";
    await vmcatcher.endorse({
      identifier,
      file: appliance.file,
      title,
      version,
      format,
      vo: "fedcloud.egi.eu",
    });
    await vmcatcher.run();
  };
  const live = async (identifier: string, than?: Image): Promise<Image> => {
    const isLive = (image: Image) =>
      image.name === identifier && image.attributes.get(STATE) === "live" && image.id !== than?.id;
    const images = await site.until(`a live image ${identifier}`, (all) => all.some(isLive));
    return images.find(isLive) ?? fail(identifier);
  };
  const holdsDisk = async (image: Image, appliance: Appliance) =>
    (await sha256OfContent(site, image)) === appliance.diskSha256;
  const again = async (id: number) => (await oneadmin.image(id, signal)) ?? fail(`image ${id}`);

  print(
    "1. Two images are published: an OVA and a RAW. vmcatcher downloads them and runs the hook.",
  );
  const ova1 = await makeOva(files, "appliance-1", "first");
  const raw1 = await makeRaw(files, "small-1", "small");
  await publish(OVA, ova1, "1.0");
  await publish(RAW, raw1, "1.0");
  const first = await live(OVA);
  const small = await live(RAW);
  check(
    `image ${first.id} is named by its identifier, owned by ${first.uname}, mode ${first.mode}`,
    first.mode === "600",
  );
  check("its content is exactly the OVA's disk", await holdsDisk(first, ova1));
  check(`image ${small.id} is exactly the RAW file`, await holdsDisk(small, raw1));

  print("2. The administrator gives the first one to a VO, mode 640. A user starts a VM from it.");
  const group = await simulator.createGroup("fedcloud");
  const user = await simulator.createUser("alice", "alicepw", group);
  await oneadmin.chown(first.id, user, group, signal);
  await oneadmin.chmod(first.id, "640", signal);
  const vm = await simulator.startVm(first.id);
  check(`image ${first.id} is in use`, (await again(first.id)).state === "USED");

  print("3. A new version is published.");
  const ova2 = await makeOva(files, "appliance-2", "second");
  await publish(OVA, ova2, "2.0");
  const second = await live(OVA, first);
  const old = await again(first.id);
  check(
    `the old one is '${old.name}' of ${old.uname}:${old.gname}, mode ${old.mode}`,
    isPutAway(old),
  );
  check(
    `the new one is image ${second.id} of ${second.uname}:${second.gname}, mode ${second.mode}`,
    isGivenTo(second, user, group, "640"),
  );
  check("its content is the new disk", await holdsDisk(second, ova2));
  check("the VM still runs from the old one", old.runningVms === 1 && old.state === "USED");

  print("4. The VM ends. The old image could not be disabled while it was in use; now it is.");
  await simulator.stopVm(vm);
  const freed = await site.until("the old image is disabled", (all) =>
    all.some(({ id, state }) => id === first.id && state === "DISABLED"),
  );
  check(`image ${first.id} is disabled`, freed.length > 0);

  print("5. The administrator disables the image; then another version is published.");
  await oneadmin.enable(second.id, false, signal);
  await publish(OVA, await makeOva(files, "appliance-3", "third"), "3.0");
  const third = await live(OVA, second);
  check(
    `image ${third.id} is ${third.state}, its rights are kept`,
    third.state === "DISABLED" && isGivenTo(third, user, group, "640"),
  );

  print("6. The image is no longer subscribed.");
  await oneadmin.enable(third.id, true, signal);
  await vmcatcher.subscribe(OVA, false);
  await vmcatcher.run();
  const expired = await site.until("the image has expired", (all) =>
    all.some((image) => image.id === third.id && isPutAway(image) && image.state === "DISABLED"),
  );
  check(
    `it is '${expired.find(({ id }) => id === third.id)?.name}', put away and disabled`,
    !expired.some(({ name }) => name === OVA),
  );

  print("7. It is subscribed again.");
  await vmcatcher.subscribe(OVA, true);
  await vmcatcher.run();
  const back = await live(OVA);
  check(
    `image ${back.id} of ${back.uname}:${back.gname}, mode ${back.mode}: the rights are back`,
    isGivenTo(back, user, group, "640"),
  );
  check("nobody else was touched", isGivenTo(await again(small.id), small.uid, small.gid, "600"));
}

const OVA = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
const RAW = "1b4d6c7e-52c5-4d0f-8a7a-0f4f6a3b9c21";
const STORY_TIMEOUT_MS = 120_000;

function isPutAway({ name, uid, gid, mode }: Image): boolean {
  return (
    /^[0-9a-f-]{36}[_ ]\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_[+-]\d{4}-/.test(name) &&
    uid === 0 &&
    gid === 0 &&
    mode === "700"
  );
}

function isGivenTo(image: Image, uid: number, gid: number, mode: string): boolean {
  return image.uid === uid && image.gid === gid && image.mode === mode;
}

/** What a VM would read: the copy in the datastore. */
async function sha256OfContent(site: Stage, image: Image): Promise<string> {
  return createHash("sha256")
    .update(await readFile(await site.simulator.sourceOf(image.id)))
    .digest("hex");
}

function fail(what: string): never {
  throw new Error(`${what}: not there`);
}
