import type { Config } from "../shared/settings/config.ts";
import type { PartialFile, Workspace } from "./attempt.ts";
import type { Guest } from "./guest.ts";

/** What it takes to make a disk. */
export interface Production {
  readonly workspace: Workspace;
  readonly config: Pick<
    Config,
    "format" | "convertTimeoutSeconds" | "convertWorkers" | "unrecognised"
  >;
  readonly onProgress?: (percent: number) => void;
}

/** A disk in the site's format. */
export interface ProducedDisk extends PartialFile {
  /** What was seen of its content on the way, where it cannot be seen in the file. */
  readonly guest?: Guest;
}
