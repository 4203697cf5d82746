import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestClient } from "../client.ts";
import { createManualClock } from "../manual-clock.ts";
import { startOpenNebula, type OpenNebulaSimulator } from "../simulator.ts";
import { createRecordedDisk } from "./rooted-files.ts";

/** A simulator on the disk of the recorded session; its time moves only in `finish`. */
export interface ReplaySession {
  readonly simulator: OpenNebulaSimulator;
  /** `one.image.allocate` by oneadmin or someone else. @returns the image's id */
  readonly allocate: (
    template: string,
    options?: { readonly datastoreId?: number; readonly session?: string },
  ) => Promise<number>;
  readonly call: (
    method: string,
    ...args: readonly (string | number | boolean)[]
  ) => Promise<string>;
  /** Lets copies and deletions in progress end. */
  readonly finish: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openReplaySession(): Promise<ReplaySession> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "opennebula-replay-")));
  const clock = createManualClock();
  const simulator = await startOpenNebula({
    directory: "/var/lib/one//datastores",
    clock,
    files: await createRecordedDisk(root),
  });
  const { call } = createTestClient(simulator.url);
  return {
    simulator,
    call,
    allocate: async (template, { datastoreId = 1, session = "oneadmin:opennebula" } = {}) =>
      createTestClient(simulator.url, session).id("one.image.allocate", template, datastoreId),
    finish: async () => {
      clock.advance(1000);
      await simulator.waitFor(
        () =>
          simulator
            .images()
            .every(
              ({ state }) =>
                !["LOCKED", "LOCKED_USED", "LOCKED_USED_PERS", "DELETE"].includes(state),
            ),
        "copies and deletions have ended",
      );
    },
    close: async () => {
      await simulator.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
