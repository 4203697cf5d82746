import { IDENTIFIER } from "../../../functions/job/identifier.ts";
import { STATE, SUPERSEDED_BY } from "../../../functions/shared/lineage/attributes.ts";
import { OneError } from "../../fakes/opennebula/one-error.ts";
import type { Image } from "../../fakes/opennebula/image.ts";
import { textOf } from "../../fakes/opennebula/template.ts";
import { addVm, endVm } from "../../fakes/opennebula/vm-methods.ts";
import { addGroup } from "../../fakes/opennebula/group-methods.ts";
import { addUser, findUser } from "../../fakes/opennebula/user-methods.ts";
import type { User, World } from "../../fakes/opennebula/world.ts";
import type { Action } from "../schedule.ts";
import type { FrontEnd } from "./front-end.ts";
import { eventTimeOf } from "./images.ts";

/** Who may use an image, as its administrator last decided. */
export interface Wish {
  readonly uid: number;
  readonly gid: number;
  /** Three octal digits. */
  readonly mode: string;
  readonly disabled: boolean;
}

/** What concerns one image. */
type OnImage = Extract<
  Action,
  { readonly kind: "chown" | "chmod" | "enable" | "disable" | "rename" | "delete" | "start vm" }
>;

/**
 * The administrator of OpenNebula. She changes live images only (NAME and VMCATCHER_ONE_STATE tell her which one is live: what is
 * pending or marked as superseded is about to be changed by somebody else), and remembers what she wants.
 */
export class Administrator {
  readonly users: readonly number[];
  readonly groups: readonly number[];
  readonly #frontEnd: FrontEnd;
  readonly #wishes = new Map<string, Wish>();
  readonly #formerWishes = new Map<string, readonly Wish[]>();
  /** Images that she has renamed. */
  readonly renamed = new Set<number>();
  /** Identifiers whose live image she has deleted: its rights went with it. */
  readonly deleted = new Set<string>();
  /** Of each of them, the time of the newest event that the image held. */
  readonly deletedTimes = new Map<string, string>();

  /** Rights of an image that nobody has given to anybody. */
  readonly untouched: Wish;

  /** @param serviceUser whose images the new ones are */
  constructor(frontEnd: FrontEnd, serviceUser: Pick<User, "id" | "groups">) {
    this.#frontEnd = frontEnd;
    const [gid = 0] = serviceUser.groups;
    this.untouched = { uid: serviceUser.id, gid, mode: "600", disabled: false };
    const { world } = frontEnd;
    this.groups = ["vo-a", "vo-b"].map((name) => addGroup(world, name, true));
    this.users = ["alice", "bob"].map((name, index) =>
      addUser(world, name, "secret", this.groups.slice(index, index + 1)),
    );
  }

  /** What she wants of an identifier's live image; at first what a new image has. */
  wish(identifier: string): Wish {
    return this.#wishes.get(identifier) ?? this.untouched;
  }

  /** All that she has ever wanted of it. */
  formerWishes(identifier: string): readonly Wish[] {
    return this.#formerWishes.get(identifier) ?? [];
  }

  /** @returns whether there was a live image to do it to */
  act(identifier: string, action: OnImage): boolean {
    const image = liveImage(this.#frontEnd.world, identifier);
    if (image === undefined) {
      return false;
    }
    try {
      this.#do(identifier, image, action);
    } catch (error) {
      if (!(error instanceof OneError)) {
        throw error; // else OpenNebula refuses (an image in use, a full quota, a deleted user): then it is not so
      }
    }
    return true;
  }

  endVms(): void {
    const { world } = this.#frontEnd;
    for (const vm of world.vms.values()) {
      if (vm.state !== "DONE") {
        endVm(world, vm);
      }
    }
  }

  deleteUser(index: number): void {
    const id = this.users[index] ?? -1;
    if (this.#frontEnd.world.users.has(id)) {
      this.#frontEnd.byHand("one.user.delete", id);
    }
  }

  limitUser(index: number, images: number): void {
    const id = this.users[index] ?? -1;
    if (this.#frontEnd.world.users.has(id)) {
      const quota = `<T><DATASTORE><ID>1</ID><IMAGES>${images}</IMAGES><SIZE>-2</SIZE></DATASTORE></T>`;
      this.#frontEnd.byHand("one.user.quota", id, quota);
    }
  }

  /** What makes a dead letter succeed that lies there because of a full quota, a lock or what hangs in deletion. */
  removeObstacles(): void {
    const { world } = this.#frontEnd;
    for (const id of this.users) {
      if (world.users.has(id)) {
        findUser(world, id).quotas.clear();
      }
    }
    for (const image of world.images.values()) {
      if (image.state === "DELETE") {
        world.images.delete(image.id); // its deletion was cut short by the end of oned
      }
    }
  }

  #want(identifier: string, wish: Wish): void {
    this.#wishes.set(identifier, wish);
    this.#formerWishes.set(identifier, [...this.formerWishes(identifier), wish]);
  }

  #do(identifier: string, image: Image, action: OnImage): void {
    const { id } = image;
    // The next one after a deleted image has what nobody can foretell, and what she sees.
    const seen = this.deleted.has(identifier) ? rightsOf(image) : this.untouched;
    const wish = this.#wishes.get(identifier) ?? seen;
    const { world } = this.#frontEnd;
    switch (action.kind) {
      case "chown": {
        const uid = this.users[action.user] ?? 0;
        const gid = this.groups[action.group] ?? 0;
        this.#frontEnd.byHand("one.image.chown", id, uid, gid);
        this.#want(identifier, { ...wish, uid, gid });
        break;
      }
      case "chmod":
        this.#frontEnd.byHand("one.image.chmod", id, ...bits(action.mode));
        this.#want(identifier, { ...wish, mode: action.mode });
        break;
      case "enable":
      case "disable": {
        const disabled = action.kind === "disable";
        this.#frontEnd.byHand("one.image.enable", id, !disabled);
        this.#want(identifier, { ...wish, disabled });
        break;
      }
      case "rename":
        this.#frontEnd.byHand("one.image.rename", id, `${image.name}-by-hand`);
        this.renamed.add(id);
        break;
      case "delete":
        this.#frontEnd.byHand("one.image.delete", id, false);
        this.deleted.add(identifier);
        this.deletedTimes.set(identifier, eventTimeOf(image));
        this.#wishes.delete(identifier); // nobody can know it any more
        break;
      case "start vm":
        addVm(world, findUser(world, 0), { images: [image] });
        break;
    }
  }
}

/** The image that an administrator takes for the live one. */
export function liveImage(world: World, identifier: string): Image | undefined {
  return [...world.images.values()].find(
    ({ name, template, state }) =>
      name === identifier &&
      textOf(template, IDENTIFIER) === identifier &&
      textOf(template, STATE) === "live" &&
      (textOf(template, SUPERSEDED_BY) ?? "") === "" && // `live` can be written in the moment of its retirement
      state !== "DELETE",
  );
}

function rightsOf({ uid, gid, mode, state }: Image): Wish {
  return { uid, gid, mode: mode.toString(8).padStart(3, "0"), disabled: state === "DISABLED" };
}

function bits(mode: string): number[] {
  return Array.from(mode).flatMap((digit) =>
    [4, 2, 1].map((bit) => ((Number(digit) & bit) === 0 ? 0 : 1)),
  );
}
