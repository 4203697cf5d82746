import { rightsSchema, type Rights } from "../../job/rights.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { REMEMBERED, RESTORED, STATE } from "./attributes.ts";
import { halfReplaced, isRetired, latestExpired, type Lineage } from "./lineage.ts";

/**
 * The rights that the identifier's next image gets: those of the live image, else those that the one had which an interrupted update
 * has renamed, or which expired last.
 */
export function inheritedRights(
  lineage: Lineage,
): (Rights & { readonly imageId: number }) | undefined {
  if (lineage.live !== undefined) {
    return { imageId: lineage.live.id, ...rightsOf(lineage.live) };
  }
  const last = halfReplaced(lineage) ?? latestExpired(lineage);
  const rights = last === undefined ? undefined : rememberedRights(last);
  return last === undefined || rights === undefined ? undefined : { imageId: last.id, ...rights };
}

/**
 * The rights that an image has, or will have once an interrupted update is finished: while it is pending, and when it was
 * retired while it was, what it remembers counts and not what it happens to have.
 */
export function rightsOf(image: Image): Rights {
  const remembered = isUnrestored(image) ? rememberedRights(image) : undefined;
  return (
    remembered ?? {
      uid: image.uid,
      gid: image.gid,
      mode: image.mode,
      disabled: image.state === "DISABLED",
    }
  );
}

/** Whether an image has yet to get the rights that it remembers. The first image of an identifier remembers none. */
export function isUnrestored(image: Image): boolean {
  if (image.attributes.has(RESTORED)) {
    return false; // also when it was marked by somebody whose look was older
  }
  return isRetired(image)
    ? image.attributes.get(REMEMBERED)?.endsWith(UNRESTORED) === true
    : image.attributes.get(STATE) === "pending" && rememberedRights(image) !== undefined;
}

const UNRESTORED = " restored=no";

/** What an image is to remember when it is retired: the rights of `rightsOf`, and whether it has yet to get them. */
export function rightsToRemember(image: Image): string {
  return rightsText(rightsOf(image)) + (isUnrestored(image) ? UNRESTORED : "");
}

/** What was written on the image by `rightsText` or `rightsToRemember`; undefined when there is none, or when a person garbled it. */
export function rememberedRights(image: Image): Rights | undefined {
  const match =
    /^uid=(\d{1,9}) gid=(\d{1,9}) mode=([0-7]{3}) disabled=(yes|no)(?: restored=no)?$/.exec(
      image.attributes.get(REMEMBERED) ?? "",
    );
  if (match === null) {
    return undefined;
  }
  const [, uid, gid, mode, disabled] = match;
  return rightsSchema.parse({
    uid: Number(uid),
    gid: Number(gid),
    mode,
    disabled: disabled === "yes",
  });
}

/** Rights as text that an administrator can read in `oneimage show`. */
export function rightsText(rights: Rights): string {
  return `uid=${rights.uid} gid=${rights.gid} mode=${rights.mode} disabled=${rights.disabled ? "yes" : "no"}`;
}
