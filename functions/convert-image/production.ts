import type { Config } from "../shared/settings/config.ts";
import type { Workspace } from "./attempt.ts";

/** What it takes to make a disk. */
export interface Production {
  readonly workspace: Workspace;
  readonly config: Pick<Config, "format" | "convertTimeoutSeconds" | "convertWorkers">;
  readonly onProgress?: (percent: number) => void;
}
