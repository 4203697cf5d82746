import type { Image, ImageType, Lock, State } from "./image.ts";

/** An image as plain data; nothing in it changes later. */
export interface ImageSnapshot {
  readonly id: number;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly uname: string;
  readonly gname: string;
  /** Three octal digits. */
  readonly mode: string;
  readonly type: ImageType;
  readonly state: State;
  readonly persistent: boolean;
  readonly datastoreId: number;
  readonly sizeMb: number;
  readonly path: string;
  /** Empty while there is no copy. */
  readonly source: string;
  readonly format: string;
  /** What a real datastore driver would have unpacked. */
  readonly compression: string | undefined;
  /** Ids of the VMs that use it. */
  readonly vms: readonly number[];
  readonly lock: Lock | undefined;
  /** The single attributes of TEMPLATE. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What an image is at this moment. */
export function snapshot(image: Image): ImageSnapshot {
  const attributes = [...image.template].filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return {
    id: image.id,
    name: image.name,
    uid: image.uid,
    gid: image.gid,
    uname: image.uname,
    gname: image.gname,
    type: image.type,
    state: image.state,
    persistent: image.persistent,
    datastoreId: image.datastoreId,
    sizeMb: image.sizeMb,
    path: image.path,
    source: image.source,
    format: image.format,
    compression: image.compression,
    lock: image.lock,
    mode: image.mode.toString(8).padStart(3, "0"),
    vms: [...image.vms],
    attributes: Object.fromEntries(attributes),
  };
}
