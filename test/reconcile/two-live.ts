import { Bench, ONE, OTHER } from "./bench.ts";

/** A bench where vmcatcher endorses `OTHER` and `ONE`, and both are live. */
export async function twoLive(env?: Readonly<Record<string, string>>): Promise<Bench> {
  const bench = await Bench.create(env);
  await bench.endorse(OTHER, "1");
  await bench.publish(ONE, "1");
  return bench;
}
