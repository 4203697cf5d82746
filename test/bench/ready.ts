import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleWays, go } from "./convert/go.ts";
import { makeOva } from "./convert/inputs.ts";
import { ratioOf } from "./ratio.ts";
import { startChain } from "./ready/chain-at-work.ts";
import { inTurn } from "./rounds.ts";
import type { Finding } from "./results.ts";

/**
 * From vmcatcher's event to a READY image, for an OVA: the predecessor's way, without what it says to OpenNebula, and the whole
 * chain, with the checksum and everything it says.
 * @param mib how much content the disk has
 */
export async function* benchReady(mib: number): AsyncGenerator<Finding> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-bench-"));
  await using ordinary = await startChain(false);
  await using direct = await startChain(true);
  try {
    const program = await bundleWays(join(directory, "program"));
    const image = await makeOva(directory, mib);
    const work = join(directory, "work");
    const ways = [
      {
        what: PREDECESSOR,
        run: () => go(program, "predecessorCopied", { image, directory: work, workers: 1 }),
        bar: { panel: "ready", of: "theirs" },
      },
      {
        what: "ours, OpenNebula copies",
        run: () => ordinary.eventToReady(image),
        bar: { panel: "ready", of: "ours" },
      },
      {
        what: "ours, straight into the datastore",
        run: () => direct.eventToReady(image),
        promise: `at most ${DIRECT_LIMIT} x`,
        bar: { panel: "ready", of: "ours", limit: DIRECT_LIMIT },
      },
    ] as const;
    const rounds = await inTurn("ready", ways, ({ run }) => run());
    yield* ways.map((way) =>
      ratioOf("event to READY, OVA", { ...way, yardstick: PREDECESSOR }, rounds),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

const PREDECESSOR = "predecessor, OpenNebula copies";
/** With a datastore whose directory is written directly. */
const DIRECT_LIMIT = 0.4;
