import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Digest } from "../../../functions/job/digest.ts";
import type {
  Endorsement,
  RecordedStanding,
} from "../../../functions/shared/endorsement/endorsement.ts";
import { severalSources } from "../../../functions/shared/endorsement/several-sources.ts";

const SHA512: Digest = `sha512:${"a".repeat(128)}`;
const SHA256: Digest = `sha256:${"b".repeat(64)}`;

/** A source that endorses these and awaits that one, and announces jobs of the record of its name. */
function source(
  name: string,
  endorsed: ReadonlyMap<string, Digest> | "unknown",
  awaited?: string,
): Endorsement {
  const of = (identifier: string): RecordedStanding => {
    const digest = endorsed === "unknown" ? undefined : endorsed.get(identifier);
    if (digest !== undefined) {
      return { kind: "endorsed", image: { identifier, digest, since: new Date(0) } };
    }
    return { kind: endorsed === "unknown" ? "unknown" : "not-endorsed" };
  };
  return {
    ofJob: async ({ identifier, cacheIndex }) =>
      cacheIndex === `/${name}` ? of(identifier) : undefined,
    look: async () => ({
      record: `/${name}`,
      isKnown: endorsed !== "unknown",
      notChecked: endorsed === "unknown" ? [`/${name} cannot be read`] : [],
      of: (identifier) => (identifier === awaited ? { kind: "awaited" } : of(identifier)),
    }),
  };
}

const signal = () => AbortSignal.timeout(10_000);

describe("two sources at one site", () => {
  const first = source("first", new Map([["both", SHA512]]));
  const second = source(
    "second",
    new Map([
      ["both", SHA256],
      ["own", SHA256],
    ]),
  );
  const digestOf = async (identifier: string, ...sources: readonly Endorsement[]) => {
    const standing = (await severalSources(sources).look(signal())).of(identifier);
    return standing.kind === "endorsed" ? standing.image.digest : standing.kind;
  };

  it("an identifier that both endorse belongs to the first one", async () => {
    assert.equal(await digestOf("both", first, second), SHA512);
    assert.equal(await digestOf("both", second, first), SHA256);
  });

  it("each endorses its own", async () => {
    assert.equal(await digestOf("own", first, second), SHA256);
    assert.equal(await digestOf("nobody's", first, second), "not-endorsed");
  });

  it("what one names counts though the other cannot be read, and nothing else is known then", async () => {
    const broken = source("broken", "unknown");
    assert.equal(await digestOf("both", broken, second), SHA256);
    assert.equal(await digestOf("nobody's", broken, second), "unknown");
    assert.equal((await severalSources([broken, second]).look(signal())).isKnown, false);
    assert.equal((await severalSources([first, second]).look(signal())).isKnown, true);
  });

  it("what one awaits is awaited, though another knows nothing of it or cannot be read", async () => {
    const broken = source("broken", "unknown");
    const awaiting = source("awaiting", new Map(), "both");
    const empty = source("empty", new Map());
    assert.equal(await digestOf("both", empty, awaiting), "awaited");
    assert.equal(await digestOf("both", broken, awaiting), "awaited");
    assert.equal(await digestOf("both", awaiting, second), SHA256);
    const { notChecked } = await severalSources([awaiting, broken]).look(signal());
    assert.deepEqual(notChecked, ["/broken cannot be read"]);
  });

  it("a job is asked of the source that announced it, and of none when it names no record", async () => {
    const site = severalSources([first, second]);
    const ask = async (cacheIndex?: string) =>
      (await site.ofJob({ identifier: "own", cacheIndex }, signal()))?.kind;
    assert.equal(await ask("/first"), "not-endorsed");
    assert.equal(await ask("/second"), "endorsed");
    assert.equal(await ask(), undefined);
  });
});
