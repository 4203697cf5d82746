/** An event that vmcatcher never sent, or whose record is lost: what the spool needs to know of it. */
export interface UnseenEvent {
  /** Seconds since 1970, a point and nine digits, as the hook writes it. */
  readonly time: string;
  /** What vmcatcher would have set: VMCATCHER_*. */
  readonly variables: Readonly<Record<string, string>>;
  /** Absolute path of the image in vmcatcher's cache, for one that is available. */
  readonly file?: string | undefined;
  /** What vmcatcher would have said of the subscription, for one that has expired. */
  readonly subscription?: "gone" | "unknown" | undefined;
}
