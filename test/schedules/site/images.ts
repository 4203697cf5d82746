import { CONFIRMED, EVENT_TIME, STATE } from "../../../functions/shared/lineage/attributes.ts";
import { IDENTIFIER } from "../../../functions/job/identifier.ts";
import type { Image } from "../../fakes/opennebula/image.ts";
import { textOf } from "../../fakes/opennebula/template.ts";
import type { World } from "../../fakes/opennebula/world.ts";

/** An image at one moment, with what the invariants look at. */
export interface ImageView {
  readonly id: number;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Three octal digits. */
  readonly mode: string;
  readonly state: Image["state"];
  readonly source: string;
  readonly isUsed: boolean;
  readonly identifier: string | undefined;
  /** VMCATCHER_ONE_STATE. */
  readonly oneState: string | undefined;
  /** As of `eventTimeOf`. */
  readonly eventTime: string;
  /** The attribute; undefined when it is absent or empty. */
  attribute(name: string): string | undefined;
}

/** All images that say that they belong to an identifier. */
export function viewImages(world: World): readonly ImageView[] {
  const views: ImageView[] = [];
  for (const image of world.images.values()) {
    const { id, name, uid, gid, state, source, template } = image;
    const identifier = textOf(template, IDENTIFIER);
    if (identifier !== undefined) {
      views.push({
        id,
        name,
        uid,
        gid,
        state,
        source,
        identifier,
        mode: image.mode.toString(8).padStart(3, "0"),
        isUsed: image.vms.size > 0,
        oneState: textOf(template, STATE),
        eventTime: eventTimeOf(image),
        attribute: (attribute) => {
          const text = textOf(template, attribute);
          return text === "" ? undefined : text;
        },
      });
    }
  }
  return views;
}

/** Time of the newest event that is noted on an image; empty when none is. */
export function eventTimeOf({ template }: Pick<Image, "template">): string {
  return [EVENT_TIME, CONFIRMED]
    .map((name) => textOf(template, name) ?? "")
    .reduce((one, other) => (one > other ? one : other));
}

/** Whether OpenNebula has the whole content of an image. */
export function isComplete({ state }: Pick<ImageView, "state">): boolean {
  return ["READY", "USED", "DISABLED", "USED_PERS"].includes(state);
}

/** The image that is found under the identifier's NAME, if it can be used. */
export function usableImage(
  images: readonly ImageView[],
  identifier: string,
): ImageView | undefined {
  return images.find(
    (image) => image.identifier === identifier && image.name === identifier && isComplete(image),
  );
}
