import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "./fuzz.ts";
import { mutant, poolOf } from "./inputs.ts";

const SEED = 20_261_122;
const pool = poolOf([]);

test("changed samples are accepted or refused, quickly, in bounded memory, and qemu-img agrees", async () => {
  const found: string[] = [];
  const tally = await fuzz({
    pool,
    seed: SEED,
    seconds: 30,
    inputs: 600,
    differentialPercent: 10,
    onFinding: async ({ name }, fault) => {
      found.push(`${name}: ${fault}`);
      return Promise.resolve();
    },
  });
  assert.deepEqual(found, []);
  assert.equal(tally.inputs, 600);
  assert.ok(tally.accepted > 20 && tally.compared > 0 && tally.refused.size > 15);
});

test("an input is the same whenever it is made", () => {
  assert.deepEqual(mutant(pool, SEED, 7), mutant(pool, SEED, 7));
  assert.notDeepEqual(mutant(pool, SEED, 7).bytes, mutant(pool, SEED, 8).bytes);
});
