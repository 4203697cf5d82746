/** A call that would change something in OpenNebula, as it would be made. */
export interface RecordedCall {
  /** The function that would make it. */
  readonly function: string;
  /** `one.image.rename` and others. */
  readonly method: string;
  /** The image that it is about; absent when it makes one. `NEW` is the one that this job makes. */
  readonly image?: number | typeof NEW_IMAGE;
  /** By name; attributes as an object. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Why it would be made. */
  readonly why: string;
  /** What OpenNebula would say, where it would refuse. */
  readonly refused?: string;
}

/** How an image is called that OpenNebula has not given an id yet. */
export const NEW_IMAGE = "NEW";
