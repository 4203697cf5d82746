import type { ImageView } from "../site/images.ts";
import type { RecordedEvent } from "../site/hook-recorder.ts";
import type { Site } from "../site/site.ts";
import type { Expectation } from "./expectation.ts";

/** One identifier at rest. */
export interface Rested {
  readonly identifier: string;
  readonly events: readonly RecordedEvent[];
  readonly expected: Expectation;
  /** The one that counts as live: by NAME or, where an administrator has renamed it, by its attribute. */
  readonly live: readonly ImageView[];
  readonly others: readonly ImageView[];
  readonly site: Site;
  readonly hasJanitor: boolean;
}
