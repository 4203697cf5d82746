/** Time as the simulator sees it; a deterministic simulation gives a virtual one. */
export interface SimulatorClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs something once, after that many milliseconds. What it starts must not throw. */
  schedule(afterMs: number, run: () => void): void;
}

/** What the size probe (the `stat` script of the datastore driver) finds at a PATH. Size in MiB, rounded up. */
export type Probe =
  | { readonly sizeMb: number }
  | { readonly problem: "missing" | "denied" | "empty" };

/** A copy into a datastore. Both paths are absolute; the digests are compared with those of the file as given. */
export interface CopyOrder {
  readonly from: string;
  readonly to: string;
  readonly md5?: string | undefined;
  readonly sha1?: string | undefined;
}

/**
 * How a copy ended. `compression` names what a real datastore driver would have unpacked: the simulator keeps such content
 * as it is and only says so. A failed copy may leave a file behind, as the real one does.
 */
export type CopyOutcome =
  | {
      readonly ok: true;
      readonly format: string;
      readonly compression: "gzip" | "xz" | "bzip2" | undefined;
    }
  | { readonly ok: false; readonly reason: "unreadable" | "checksum" | "archive" | "not writable" };

/** The disk of the front end. Nothing here rejects: what goes wrong is part of the answer. */
export interface SimulatorFiles {
  probe(path: string): Promise<Probe>;
  /** `readlink -f`. @returns undefined when there is no such file */
  resolve(path: string): Promise<string | undefined>;
  copy(order: CopyOrder): Promise<CopyOutcome>;
  remove(path: string): Promise<void>;
}
