import { RpcFault } from "../shared/opennebula/rpc-errors.ts";
import type { Image, NewImage } from "../shared/opennebula/opennebula.ts";
import { cleanText } from "../shared/opennebula/template.ts";

/**
 * The image pool as it would become: a copy of what OpenNebula holds, changed by calls as OpenNebula would change it, as far
 * as the functions look at it. What it would refuse for the pool's sake is refused in its words; quotas are not known here.
 */
export class RehearsedPool {
  readonly #images: Map<number, Image>;
  readonly #owner: Owner;

  constructor(images: readonly Image[], owner: Owner) {
    this.#images = new Map(images.map((image) => [image.id, image]));
    this.#owner = owner;
  }

  /** Newest first. */
  all(): readonly Image[] {
    return [...this.#images.values()].sort((a, b) => b.id - a.id);
  }

  get(id: number): Image | undefined {
    return this.#images.get(id);
  }

  /** A new image is complete at once. @throws RpcFault when its owner has one of that name */
  add(image: NewImage): number {
    const { uid } = this.#owner;
    const holder = this.#holder(image.name, uid);
    if (holder !== undefined) {
      throw refused(
        "one.image.allocate",
        16_384,
        `Error allocating a new image. NAME is already taken by IMAGE ${holder.id}.`,
      );
    }
    const id = FIRST_NEW_ID + this.all().filter((known) => isNew(known.id)).length;
    this.#images.set(id, {
      id,
      name: image.name,
      ...this.#owner,
      mode: "600",
      state: "READY",
      datastoreId: image.datastoreId,
      datastore: String(image.datastoreId),
      source: "",
      sizeMb: 0,
      runningVms: 0,
      registeredAt: 0,
      attributes: withAttributes(new Map(), image.attributes),
    });
    return id;
  }

  rename(id: number, name: string): void {
    const image = this.#known("one.image.rename", id);
    const holder = this.#holder(name, image.uid, id);
    if (holder !== undefined) {
      throw refused(
        "one.image.rename",
        2048,
        `image cannot be renamed to ${name} because it collides with image ${holder.id}`,
      );
    }
    this.#change(image, { name });
  }

  chown(id: number, uid: number, gid: number): void {
    const image = this.#known("one.image.chown", id);
    const owner = uid === KEEP ? image.uid : uid;
    const holder = this.#holder(image.name, owner, id);
    if (holder !== undefined) {
      throw refused(
        "one.image.chown",
        8192,
        `user [${owner}] already owns image [${holder.id}] with NAME ${image.name}`,
      );
    }
    this.#change(image, { uid: owner, gid: gid === KEEP ? image.gid : gid });
  }

  chmod(id: number, mode: string): void {
    this.#change(this.#known("one.image.chmod", id), { mode });
  }

  enable(id: number, enabled: boolean): void {
    const image = this.#known("one.image.enable", id);
    if (!["READY", "DISABLED", "ERROR"].includes(image.state)) {
      throw refused(
        "one.image.enable",
        8192,
        `Could not ${enabled ? "enable" : "disable"} image: Image cannot be in state ${image.state}.`,
      );
    }
    this.#change(image, { state: enabled ? "READY" : "DISABLED" });
  }

  append(id: number, attributes: ReadonlyMap<string, string>): void {
    const image = this.#known("one.image.update", id);
    this.#change(image, { attributes: withAttributes(image.attributes, attributes) });
  }

  delete(id: number): void {
    this.#known("one.image.delete", id);
    this.#images.delete(id);
  }

  #known(method: string, id: number): Image {
    const image = this.#images.get(id);
    if (image === undefined) {
      throw refused(method, 1024, `Error getting image [${id}].`, id);
    }
    return image;
  }

  #change(image: Image, changes: Partial<Image>): void {
    this.#images.set(image.id, { ...image, ...changes });
  }

  /** The image that keeps its owner from having another one of that name. */
  #holder(name: string, uid: number, except?: number): Image | undefined {
    return this.all().find(
      (image) => image.name === name && image.uid === uid && image.id !== except,
    );
  }
}

/** Whether an image was made in the rehearsal. */
export function isNew(id: number): boolean {
  return id >= FIRST_NEW_ID;
}

/** Whom a new image belongs to. */
export type Owner = Pick<Image, "uid" | "gid" | "uname" | "gname">;

const FIRST_NEW_ID = 2 ** 31 - 1000; // ids are 32-bit numbers given in order: no OpenNebula comes so far
const KEEP = -1;

function withAttributes(
  before: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const after = new Map(before);
  for (const [name, text] of changes) {
    const value = cleanText(text);
    if (value === "") {
      after.delete(name); // emptied, which is read as absent
    } else {
      after.set(name, value);
    }
  }
  return after;
}

function refused(method: string, code: number, text: string, objectId?: number): RpcFault {
  return new RpcFault(method, code, `[${method}] ${text}`, objectId);
}
