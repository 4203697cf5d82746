/** Image states of OpenNebula, by their number (Image.h of OpenNebula; facts measured on 6.10, 7.0 and 7.4). */
export const IMAGE_STATES = [
  "INIT",
  "READY",
  "USED",
  "DISABLED",
  "LOCKED",
  "ERROR",
  "CLONE",
  "DELETE",
  "USED_PERS",
  "LOCKED_USED",
  "LOCKED_USED_PERS",
] as const;

export type ImageState = (typeof IMAGE_STATES)[number];

/** An image as `one.image.info` tells it. */
export interface Image {
  readonly id: number;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Name of the owner; stays when the owner is deleted, so compare by `uid`. */
  readonly uname: string;
  readonly gname: string;
  /** Three octal digits for owner, group, others: USE 4, MANAGE 2, ADMIN 1. */
  readonly mode: string;
  readonly state: ImageState;
  readonly datastoreId: number;
  readonly datastore: string;
  /** Where its file lies, as oned sees it; empty until it has been copied. */
  readonly source: string;
  /** Virtual size in MiB, rounded up. */
  readonly sizeMb: number;
  readonly runningVms: number;
  /** Seconds since 1970. */
  readonly registeredAt: number;
  /** The TEMPLATE section: upper-case names, texts trimmed at both ends, empty ones left out. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** A datastore; only those of type IMAGE can hold our images. */
export interface Datastore {
  readonly id: number;
  readonly name: string;
  readonly type: "IMAGE" | "SYSTEM" | "FILE" | "BACKUP" | "UNKNOWN";
  readonly freeMb: number;
  /** DS_MAD: `fs`, `ceph`, `lvm`, …; empty when OpenNebula does not say. */
  readonly driver: string;
  /** BASE_PATH, as `oned` sees it; empty when OpenNebula does not say. */
  readonly basePath: string;
  /** The TEMPLATE section, as of `Image`: SAFE_DIRS, RESTRICTED_DIRS, DRIVER and others. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** The account of ONE_AUTH. */
export interface Account {
  readonly uid: number;
  readonly name: string;
  readonly groupIds: readonly number[];
}

/** What a new image is made of. Texts are made fit for OpenNebula by the writer. */
export type NewImage = {
  readonly name: string;
  readonly datastoreId: number;
  readonly attributes: ReadonlyMap<string, string>;
} & (FileToCopy | FileInDatastore);

/** A file that OpenNebula copies into the datastore. */
export interface FileToCopy {
  /** Absolute path, as oned sees it. */
  readonly path: string;
  /** In lower-case hexadecimal; when given, an image whose copy has another one is ERROR. */
  readonly sha1?: string | undefined;
}

/** A file that lies in the datastore's directory already. Only administrators may name one. */
export interface FileInDatastore {
  /** Absolute path, as oned sees it. */
  readonly source: string;
  readonly format: "raw" | "qcow2";
  /** Virtual size in MiB, rounded up: OpenNebula does not measure it. */
  readonly sizeMb: number;
}

/**
 * What the functions need of OpenNebula, one method a call.
 *
 * Every method throws `RpcFault` (refused, no effect), `RpcTransportError` (outcome unknown) or the signal's reason.
 */
export interface OpenNebula {
  /** `one.system.version`. */
  version(signal: AbortSignal): Promise<string>;
  account(signal: AbortSignal): Promise<Account>;
  datastores(signal: AbortSignal): Promise<readonly Datastore[]>;
  /** All images that the account may use, newest first. */
  images(signal: AbortSignal): Promise<readonly Image[]>;
  /** Those of them that have the identifier as NAME or as attribute, as they are now; see `PoolIndex` for what that cannot see. */
  imagesOf(identifier: string, signal: AbortSignal): Promise<readonly Image[]>;
  /** @returns undefined when there is no such image (any more) */
  image(id: number, signal: AbortSignal): Promise<Image | undefined>;
  /** Makes a non-persistent OS image; it is LOCKED while OpenNebula copies, READY at once when nothing is to copy. @returns its id */
  allocate(image: NewImage, signal: AbortSignal): Promise<number>;
  rename(id: number, name: string, signal: AbortSignal): Promise<void>;
  /** -1 keeps the user or the group. */
  chown(id: number, uid: number, gid: number, signal: AbortSignal): Promise<void>;
  /** @param mode three octal digits, as `Image.mode` */
  chmod(id: number, mode: string, signal: AbortSignal): Promise<void>;
  enable(id: number, enabled: boolean, signal: AbortSignal): Promise<void>;
  /** Adds or overwrites attributes; an empty text empties one (there is no way to remove a single attribute). */
  append(id: number, attributes: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void>;
  /** @param force also deletes an image that is LOCKED; a copy that still runs then leaves its file in the datastore */
  delete(id: number, force: boolean, signal: AbortSignal): Promise<void>;
}
