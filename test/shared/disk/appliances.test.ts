import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { findOvaDisk } from "../../../functions/shared/disk/ova.ts";
import { GiveUp } from "../../../functions/shared/step/errors.ts";
import { contentOf, models, styles, write, type Model } from "./appliances.ts";
import { readerOf } from "./bytes.ts";

const never = new AbortController().signal;

test("of any appliance, however it is written, the disk that boots is found, and why", async () => {
  await fc.assert(
    fc.asyncProperty(models, styles, async (model, style) => {
      const expected = judged(model);
      const bytes = write(model, style);
      const found = await findOvaDisk(readerOf(bytes), never).catch((error: unknown) => {
        assert.ok(error instanceof GiveUp);
        return error.code;
      });
      if (expected === undefined || typeof found === "string") {
        assert.equal(found, expected ?? "ovf-no-disk");
        return;
      }
      assert.deepEqual(
        {
          content: (await found.reader.read(0, 100)).toString(),
          chosenBy: found.chosenBy,
          otherDisks: found.otherDisks.toSorted(),
          warnings: found.warnings.map(({ code }) => code),
        },
        {
          content: contentOf(expected.boots),
          chosenBy: expected.chosenBy,
          otherDisks: expected.others.map((index) => `d${index}`),
          warnings: expected.chosenBy === "document order" ? ["boot-disk-unknown"] : [],
        },
      );
      const files = 1 + model.disks.filter(({ hasContent }) => hasContent).length;
      assert.equal(found.digests.length, style.manifest === undefined ? 0 : files);
      for (const { member, algorithm, digest } of found.digests) {
        const content = bytes.subarray(member.offset, member.offset + member.size);
        assert.equal(digest, createHash(algorithm).update(content).digest("hex"));
      }
    }),
    { numRuns: 500 },
  );
});

interface Judged {
  readonly boots: number;
  readonly chosenBy: string;
  readonly others: readonly number[];
}

/** The rules once more, by elimination: each leaves what it cannot tell apart to the next. */
function judged({ disks, controllers }: Model): Judged | undefined {
  const isHard = (index: number) => ![14, 15, 16].includes(disks[index]?.drive ?? 17);
  const hard = [...disks.keys()].filter(isHard);
  const full = hard.filter((index) => disks[index]?.hasContent === true);
  const driven = full.filter((index) => disks[index]?.drive !== undefined);
  const [first] = [...driven, ...full];
  if (first === undefined) {
    return undefined;
  }
  const ends = (boots: number, chosenBy: string) => ({
    boots,
    chosenBy,
    others: hard.filter((index) => index !== boots),
  });
  const marked = full.filter((index) => disks[index]?.isMarked === true);
  const ordered = leastBy(full, (index) => [disks[index]?.bootOrder || Infinity]);
  const placed = leastBy(driven, (index) => {
    const { controller, address } = disks[index] ?? {};
    const own = controller === undefined ? undefined : controllers[controller];
    return [own ?? Infinity, controller ?? Infinity, address ?? Infinity];
  });
  const rules = {
    "only disk": full,
    "boot mark": marked,
    "boot order": ordered,
    "only drive": driven,
  };
  for (const [chosenBy, left] of Object.entries({ ...rules, "controller order": placed })) {
    if (left.length === 1 && left[0] !== undefined) {
      return ends(left[0], chosenBy);
    }
  }
  return ends(first, "document order");
}

function leastBy(
  indexes: readonly number[],
  keys: (index: number) => readonly number[],
): readonly number[] {
  let left = indexes;
  for (let depth = 0; depth < 3; depth += 1) {
    const least = Math.min(...left.map((index) => keys(index)[depth] ?? 0));
    left = left.filter((index) => (keys(index)[depth] ?? 0) === least);
  }
  return left;
}
