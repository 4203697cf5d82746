import { IDENTIFIER } from "../../job/identifier.ts";
import { STATE } from "../../shared/lineage/attributes.ts";
import type { Image } from "../../shared/opennebula/opennebula.ts";
import { troublesOr, warning, type Check, type Verdict } from "../check.ts";

/**
 * Images that vmcatcher_eventHndl_ON 0.0.8 registered and left with wrong rights: a new version that got those of the old one
 * after that had been locked away, an old one that could not be renamed, and expired ones that are still offered.
 */
export const predecessorImages: Check = {
  name: "predecessor-images",
  looksAt: "the rights of images that vmcatcher_eventHndl_ON 0.0.8 registered",
  look: async ({ answers }) => {
    const images = (await answers.images()).filter(({ attributes }) => !attributes.has(STATE));
    const expired = new Set(images.filter(isExpired).map(identifierOf));
    return troublesOr(
      images.flatMap((image) => troubleOf(image, expired)),
      `${images.length} images of 0.0.8, none with wrong rights`,
    );
  },
};

function troubleOf(image: Image, expired: ReadonlySet<string>): Verdict | readonly [] {
  const { id, name, uname, gname, mode, state } = image;
  const rights = `${uname}:${gname} ${mode} ${state}`;
  const isLockedAway = isOneadmins(image) && (mode === "700" || state === "DISABLED");
  const hasLostRights = isOneadmins(image) && mode.endsWith("00") && expired.has(name);
  if (name === identifierOf(image) && (isLockedAway || hasLostRights)) {
    return warning(
      `image ${id} ${name} is the live one, and closed to its users (${rights})`,
      `oneimage chown ${id} USER GROUP; oneimage chmod ${id} 640; oneimage enable ${id}: the next versions inherit it`,
    );
  }
  if (isExpired(image) && !(isOneadmins(image) && state === "DISABLED" && mode.endsWith("00"))) {
    return warning(
      `image ${id} ${name} has expired, and is still offered (${rights})`,
      `oneimage chown ${id} oneadmin oneadmin; oneimage chmod ${id} 700; oneimage disable ${id} (when no VM uses it)`,
    );
  }
  return [];
}

function identifierOf({ attributes }: Image): string {
  return attributes.get(IDENTIFIER) ?? "";
}

function isExpired(image: Image): boolean {
  return image.name.startsWith(`${identifierOf(image)}_EXPIRED_`);
}

function isOneadmins({ uid, gid }: Image): boolean {
  return uid === 0 && gid === 0;
}
