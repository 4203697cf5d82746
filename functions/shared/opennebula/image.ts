import { readAttributes } from "./attributes.ts";
import { IMAGE_STATES, type Image, type ImageState } from "./opennebula.ts";
import { child, children, integerOf, parseXml, textOf, type XmlNode } from "./xml.ts";

/** Reads what `one.image.info` answers. @throws Error when it is not an image as we know it */
export function parseImage(xml: string): Image {
  return readImage(parseXml(xml, "IMAGE"));
}

/** Reads what `one.imagepool.info` answers, in its order. @throws Error as `parseImage`, for the first bad image */
export function parseImagePool(xml: string): readonly Image[] {
  return children(parseXml(xml, "IMAGE_POOL"), "IMAGE").map(readImage);
}

function readImage(node: XmlNode): Image {
  const id = integerOf(node, "ID");
  return {
    id,
    name: textOf(node, "NAME"),
    uid: integerOf(node, "UID"),
    gid: integerOf(node, "GID"),
    uname: textOf(node, "UNAME"),
    gname: textOf(node, "GNAME"),
    mode: readMode(node),
    state: readState(node, id),
    datastoreId: integerOf(node, "DATASTORE_ID"),
    datastore: textOf(node, "DATASTORE"),
    source: textOf(node, "SOURCE"),
    sizeMb: integerOf(node, "SIZE"),
    runningVms: integerOf(node, "RUNNING_VMS"),
    registeredAt: integerOf(node, "REGTIME"),
    attributes: readAttributes(node),
  };
}

/** A state that we do not know may mean anything, so nothing is done with such an image. */
function readState(node: XmlNode, id: number): ImageState {
  const number = integerOf(node, "STATE");
  const state = IMAGE_STATES[number];
  if (state === undefined) {
    throw new Error(`image ${id} is in the unknown state ${number}`);
  }
  return state;
}

function readMode(node: XmlNode): string {
  const permissions = child(node, "PERMISSIONS");
  if (permissions === undefined) {
    throw new Error("<IMAGE> has no <PERMISSIONS>");
  }
  const digit = (who: string): number =>
    RIGHTS.reduce(
      (sum, [letter, value]) => sum + (textOf(permissions, `${who}_${letter}`) === "1" ? value : 0),
      0,
    );
  return `${digit("OWNER")}${digit("GROUP")}${digit("OTHER")}`;
}

const RIGHTS = [
  ["U", 4], // USE
  ["M", 2], // MANAGE
  ["A", 1], // ADMIN
] as const;
