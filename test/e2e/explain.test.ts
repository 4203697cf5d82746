import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { makeOva, makeRaw } from "../../functions/cli/demo/appliance.ts";
import { newImageTemplate, updateTemplate } from "../../functions/shared/opennebula/template.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import { steps } from "../../functions/registry.ts";
import { giveToUser } from "../fakes/rights.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { runCommand, runProcess, type RunningFunctions } from "./processes.ts";

const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";

const explanationSchema = z.object({
  found: z.string(),
  job: z.object({ id: z.string() }).optional(),
  verdicts: z.array(z.object({ question: z.string(), answer: z.string() })),
  calls: z.array(
    z.object({
      method: z.string(),
      image: z.union([z.int(), z.literal("NEW")]).optional(),
      arguments: z.record(z.string(), z.unknown()),
      why: z.string().min(10),
    }),
  ),
  end: z.object({
    outcome: z.string(),
    function: z.string().optional(),
    code: z.string().optional(),
  }),
});
type Explanation = z.infer<typeof explanationSchema>;
type Call = Explanation["calls"][number];

describe("explain tells exactly the calls that are made then", () => {
  let site: Site;
  let files: string;
  let waiting: string;
  before(async () => {
    site = await createSite({ simulator: { copySeconds: 0.05, deleteSeconds: 0.05 } });
    files = join(site.directory, "repository");
    waiting = join(site.config.spoolDirectory, "new");
  });
  after(() => site.close());

  const cli = (...args: string[]) => runCommand(site.env, ...args);
  const explain = async (what: string, ...options: string[]): Promise<Explanation> => {
    const { stdout, stderr } = await cli("explain", what, "--json", ...options);
    assert.equal(stderr, "");
    return explanationSchema.parse(JSON.parse(stdout));
  };

  /** Everything that a rehearsal could leave behind. */
  const traces = async () => {
    const names = await Promise.all(
      [waiting, site.config.stagingDirectory].map((directory) => readdir(directory)),
    );
    return { names, depths: await depths(), images: await site.images() };
  };
  const depths = async () => {
    const queues = openQueues(site.config);
    const all = Object.keys(steps).map(async (name) => (await queues.open(name)).depth());
    const found = await Promise.all(all);
    await queues.close();
    return found;
  };

  /** Runs all functions until there is nothing left to do. @returns the calls that changed something */
  const work = async () => {
    site.simulator.resetCalls();
    const functions: RunningFunctions = runProcess([], site.env);
    for (const end = performance.now() + 60_000; ; await sleep(50)) {
      const left = (await depths()).some(({ waiting: here, inFlight }) => here + inFlight > 0);
      if ((await readdir(waiting)).length === 0 && !left) {
        break;
      }
      assert.ok(performance.now() < end, functions.log());
    }
    assert.equal(await functions.stop(), 0);
    return changes();
  };
  const changes = () =>
    site.simulator
      .calls()
      .filter(({ method }) => !/\.(info|version)$/.test(method))
      .map(({ method, args }) => [method, ...args]);

  /** Explains each event that waits, then lets it happen. */
  const explainedAndDone = async (): Promise<readonly Explanation[]> => {
    const aside = join(site.directory, "aside");
    await mkdir(aside, { recursive: true });
    const names = (await readdir(waiting)).toSorted((a, b) => a.localeCompare(b));
    for (const name of names) {
      await rename(join(waiting, name), join(aside, name));
    }
    const explanations: Explanation[] = [];
    for (const name of names) {
      await rename(join(aside, name), join(waiting, name));
      site.simulator.resetCalls();
      const before = await traces();
      const explanation = await explain(name);
      assert.deepEqual(await traces(), before, "nothing is written, sent or changed");
      assert.deepEqual(changes(), []);
      const made = await work();
      const newest = site.simulator.images()[0]?.id ?? -1;
      assert.deepEqual(
        made,
        explanation.calls.map((call) => onTheWire(call, newest)),
        name,
      );
      explanations.push(explanation);
    }
    return explanations;
  };
  const outcomes = (explanations: readonly Explanation[]) =>
    explanations.map(({ end }) => end.outcome);
  const listed = async (file: string, format: string) => {
    const image = { identifier: IDENTIFIER, file, title: "An image", version: "1", format };
    await site.vmcatcher.endorse(image);
    await site.vmcatcher.run();
  };

  let announcement: Buffer;

  it("of a first event", async () => {
    await listed((await makeOva(files, "one", "one")).file, "OVA");
    announcement = await readFile(join(waiting, (await readdir(waiting))[0] ?? ""));
    const [first] = await explainedAndDone();
    assert.equal(first?.end.outcome, "registered");
    assert.deepEqual(
      first?.calls.map(({ method, image }) => [method, image]),
      [
        ["one.image.allocate", undefined],
        ["one.image.rename", "NEW"],
        ["one.image.update", "NEW"],
      ],
    );
  });

  it("of the same content announced once more", async () => {
    const text = announcement.toString("latin1");
    const again = text
      .replace(/UUID_SESSION=[^\0]*/, "UUID_SESSION=another")
      .replace(/HOOK_TIME=[^\0]*/, `HOOK_TIME=${Math.floor(Date.now() / 1000)}.000000000`);
    await writeFile(join(waiting, "9999999999.000000000-0000001"), again, "latin1");
    const [repeat] = await explainedAndDone();
    assert.deepEqual([repeat?.end.outcome, repeat?.calls.length], ["unchanged", 1]);
  });

  it("of an update of an image that has an owner, is disabled and used by a VM", async () => {
    const live = site.simulator.images()[0]?.id ?? -1;
    await giveToUser(site, live);
    site.simulator.startVm(live);
    await listed((await makeRaw(files, "two", "two")).file, "RAW");
    const update = await explainedAndDone();
    assert.equal(update.length, 2, "the old version expires, the new one is available");
    assert.equal(update.at(-1)?.end.outcome, "registered");
    assert.ok(update.at(-1)?.calls.some(({ why }) => why.includes("a VM uses it")));
    assert.ok(update.at(-1)?.calls.some(({ why }) => why.includes("owner and group")));
  });

  it("of an update of an image that is disabled", async () => {
    const live = site.simulator.images().find(({ name }) => name === IDENTIFIER);
    await site.oneadmin.enable(live?.id ?? -1, false, AbortSignal.timeout(20_000));
    await listed((await makeOva(files, "three", "three")).file, "OVA");
    const update = await explainedAndDone();
    assert.ok(
      update.at(-1)?.calls.some(({ why }) => why.includes("disabled, as the version before was")),
    );
  });

  it("of an expiry, and of a subscription that is taken up again", async () => {
    await site.vmcatcher.subscribe(IDENTIFIER, false);
    await site.vmcatcher.run();
    assert.deepEqual(outcomes(await explainedAndDone()), ["expired"]);
    await site.vmcatcher.subscribe(IDENTIFIER, true);
    await site.vmcatcher.run();
    assert.deepEqual(outcomes(await explainedAndDone()), ["registered"]);
  });

  it("of an old event: none", async () => {
    await writeFile(
      join(waiting, "1000000000.000000000-0000001"),
      announcement.toString("latin1").replace(/UUID_SESSION=[^\0]*/, "UUID_SESSION=third"),
      "latin1",
    );
    const [old] = await explainedAndDone();
    assert.equal(old?.calls.length, 0);
    assert.ok(
      old?.verdicts.some(({ question, answer }) => question === "newest event" && answer === "no"),
    );
  });

  it("of an image that is refused, from its event and from its dead letter: none, and why", async () => {
    const broken = join(files, "broken.qcow2");
    await writeFile(broken, "this is no disk image");
    await listed(broken, "qcow2");
    const aside = join(site.directory, "kept");
    await cp(waiting, aside, { recursive: true });
    await work();
    const [, entry = ""] = (await readdir(aside)).toSorted((a, b) => a.localeCompare(b));
    const { job, end } = await explain(join(aside, entry));
    assert.equal(end.outcome, "dead");
    const letter = await explain(job?.id.slice(0, 8) ?? "");
    assert.match(letter.found, /^dead letter \d+ of convert-image$/);
    // What was refused has left nothing behind: a replay finds that out, in the step that sees what is live.
    assert.deepEqual([letter.end.outcome, letter.end.function], ["dead", "register-image"]);
    assert.deepEqual(letter.calls, []);
    const { stdout } = await cli("explain", job?.id ?? "");
    assert.match(stdout, /CALLS THAT CHANGE SOMETHING\n {2}none\n/);
    assert.match(stdout, /\nEND: dead in register-image /);
  });

  it("of what is not known: an error", async () => {
    const { exitCode, stderr } = await cli("explain", "nobody");
    assert.equal(exitCode, 1);
    assert.match(stderr, /^vmcatcher-one: nobody is no file, and no dead letter/);
  });
});

/** As the simulator's log has it. */
function onTheWire({ method, image, arguments: given }: Call, newest: number): readonly unknown[] {
  const id = image === "NEW" ? newest : image;
  const attributes = new Map(
    Object.entries(z.record(z.string(), z.string()).parse(given["attributes"] ?? {})),
  );
  switch (method) {
    case "one.image.allocate": {
      const { name, path, datastoreId } = z
        .object({ name: z.string(), path: z.string(), datastoreId: z.int() })
        .parse(given);
      return [method, newImageTemplate({ name, path, datastoreId, attributes }), datastoreId];
    }
    case "one.image.update":
      return [method, id, updateTemplate(attributes), 1];
    case "one.image.chmod":
      return [method, id, ...bits(String(given["mode"]))];
    default:
      return [method, id, ...Object.values(given)];
  }
}

function bits(mode: string): readonly number[] {
  return Array.from(mode).flatMap((digit) =>
    [4, 2, 1].map((bit) => ((Number(digit) & bit) === 0 ? 0 : 1)),
  );
}
