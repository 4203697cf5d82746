import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makeOva, makeRaw, type Appliance } from "../../functions/cli/demo/appliance.ts";
import { ALL_FUNCTIONS } from "../../functions/cli/beside.ts";
import { SHA512, STATE } from "../../functions/shared/lineage/attributes.ts";
import { readProgress } from "../../functions/shared/staging/staging.ts";
import { docker } from "./docker.ts";
import { listening } from "./listening.ts";
import { createContainerSite, ONEADMIN, type ContainerSite } from "./site.ts";
import { liveWith, makeLarge, publish, unfinished, until } from "./work.ts";

const STOP_GRACE_SECONDS = 3;
const LEASE_SECONDS = 20;
const identifiers = Array.from(
  { length: 4 },
  (_, index) => `de355bfb-5781-5b0c-9ccd-9bd3d0d2be0${index}`,
);

describe("infra/compose.yaml on a front end", { timeout: 420_000 }, () => {
  let site: ContainerSite;
  let files = "";
  before(async () => {
    site = await createContainerSite("stack", {
      VMCATCHER_ONE_STOP_GRACE_SECONDS: String(STOP_GRACE_SECONDS),
      STOP_GRACE_PERIOD: "30s",
      // What is in work when the broker is killed comes again when its lease is over: at the default, all would wait two minutes for it.
      VMCATCHER_ONE_LEASE_SECONDS: String(LEASE_SECONDS),
    });
    files = join(site.directory, "repository");
    await site.project.compose("up", "--detach");
  });
  after(async () => {
    await keepLogs(site);
    const left = await site.project.down();
    await site.close();
    assert.deepEqual(left, [], "no container, network or volume is left");
  });

  it("registers what the real hook reports from the host", async () => {
    const appliances = await versions(1);
    await site.vmcatcher.run();
    for (const [identifier, appliance] of appliances) {
      await liveWith(site, identifier, appliance, 60);
    }
    await allDone();
  });

  it("loses nothing and doubles nothing when ElasticMQ is killed and each function restarted in the middle of the work", async () => {
    let newest: ReadonlyMap<string, Appliance> = new Map();
    for (const [round, service] of ["elasticmq", ...ALL_FUNCTIONS, "elasticmq"].entries()) {
      newest = await versions(2 + round);
      await site.vmcatcher.run(); // its last event is not a second old when the service goes
      if (service === "elasticmq") {
        await site.project.compose("kill", "--signal=SIGKILL", service);
        await site.project.compose("up", "--detach", "--no-recreate", service);
      } else {
        await site.project.compose("restart", service);
      }
    }
    for (const [identifier, appliance] of newest) {
      await liveWith(site, identifier, appliance, 120);
    }
    await allDone();
    const images = await site.images();
    for (const identifier of identifiers) {
      const all = images.filter(({ name }) => name.startsWith(identifier));
      const contents = new Set(all.map(({ attributes }) => attributes.get(SHA512)));
      assert.equal(contents.size, all.length, "no version is there twice");
      const states = all.map(({ attributes }) => attributes.get(STATE) ?? "").toSorted();
      const old = states.length - 1;
      assert.deepEqual(states, ["live", ...Array.from({ length: old }, () => "superseded")]);
    }
  });

  it("converts in three containers at once after --scale convert-image=3", async () => {
    await site.project.compose("up", "--detach", "--no-recreate", "--scale", "convert-image=3");
    assert.equal((await site.project.containers("convert-image")).length, 3);
    await limitConversions("0.05");
    const larges = await largeOnes(3, "first");
    await site.vmcatcher.run();
    await until("three conversions at once", async () => (await converting()).length === 3, 90);
    await limitConversions("2");
    for (const [identifier, appliance] of larges) {
      await liveWith(site, identifier, appliance, 60);
    }
  });

  it("hands a long conversion to another container at once when its own is stopped, within the grace period", async () => {
    await allDone();
    await limitConversions("0.05");
    const [large] = await largeOnes(1, "second");
    assert.ok(large);
    await site.vmcatcher.run();
    let busy: string | undefined;
    await until(
      "a conversion",
      async () => {
        busy = await containerWithQemu();
        return busy !== undefined;
      },
      90,
    );
    assert.ok(busy !== undefined);
    const stoppedAt = performance.now();
    await docker("stop", "--time=30", busy);
    const seconds = (performance.now() - stoppedAt) / 1000;
    assert.ok(seconds < STOP_GRACE_SECONDS + 15, `it took ${seconds} s to stop`); // with a twentieth of a processor
    assert.equal(await docker("inspect", "--format={{.State.ExitCode}}", busy), "0");
    await until(
      "another container works on it",
      async () => (await containerWithQemu()) !== undefined,
      30,
    );
    await limitConversions("2");
    await liveWith(site, ...large, 60);
    await allDone();
  });

  it("runs every function as the given user, without rights, on a file system that cannot be written", async () => {
    for (const name of ALL_FUNCTIONS) {
      const [id = ""] = await site.project.containers(name);
      const status = await docker("exec", id, "cat", "/proc/1/status");
      assert.match(status, new RegExp(`^Uid:\\t${ONEADMIN}\\t${ONEADMIN}\\t${ONEADMIN}`, "m"));
      assert.match(status, /^CapEff:\t0{16}$/m);
      assert.match(status, /^CapBnd:\t0{16}$/m);
      assert.match(status, /^NoNewPrivs:\t1$/m);
      assert.match(status, /^Name:\ttini$/m);
      assert.match(await docker("exec", id, "cat", "/proc/mounts"), /^overlay \/ overlay ro,/m);
    }
  });

  it("keeps secrets out of what inspect and the environment show", async () => {
    for (const id of await site.project.containers()) {
      const shown = await docker("inspect", id);
      assert.doesNotMatch(shown, /opennebula:|oneadmin:|SECRET_ACCESS_KEY/);
    }
  });

  it("listens on the containers' own port for health and metrics, ElasticMQ on its own, and on the host with the page alone", async () => {
    for (const name of ALL_FUNCTIONS) {
      const [id = ""] = await site.project.containers(name);
      const ports = name === "console" ? ["0.0.0.0:9464", "0.0.0.0:9465"] : ["0.0.0.0:9464"];
      assert.deepEqual((await listening(id)).toSorted(), ports, name);
    }
    const [broker = ""] = await site.project.containers("elasticmq");
    assert.match((await listening(broker)).join(), /^(0\.0\.0\.0|\[::\]):9324$/);
    const published = await docker("ps", "--filter", "publish=1-65535", "--format", "{{.Ports}}");
    assert.equal(published.trim(), "127.0.0.1:9465->9465/tcp");
    assert.match(await (await fetch("http://127.0.0.1:9465/")).text(), /live images/);
  });

  it("is healthy by Docker's own checks", async () => {
    for (const id of await site.project.containers()) {
      const health = () => docker("inspect", "--format={{.State.Health.Status}}", id);
      await until(`${id} is healthy`, async () => (await health()) === "healthy", 60);
    }
  });

  /** A new version of each image, two of them OVAs. */
  async function versions(version: number): Promise<ReadonlyMap<string, Appliance>> {
    const made = new Map<string, Appliance>();
    for (const [index, identifier] of identifiers.entries()) {
      const make = index % 2 === 0 ? makeOva : makeRaw;
      made.set(identifier, await make(files, `small-${index}-${version}`, `${index} ${version}`));
    }
    return announced(made, version);
  }

  async function largeOnes(count: number, version: string) {
    const made: [string, Appliance][] = [];
    for (let index = 0; index < count; index++) {
      made.push([
        `1b4d6c7e-52c5-4d0f-8a7a-0f4f6a3b9c2${index}`,
        await makeLarge(files, `large-${index}-${version}`),
      ]);
    }
    return announced(made, version);
  }

  async function announced<Made extends Iterable<[string, Appliance]>>(
    made: Made,
    version: unknown,
  ) {
    for (const [identifier, appliance] of made) {
      await publish(site, identifier, appliance, String(version));
    }
    return made;
  }

  async function limitConversions(cpus: string): Promise<void> {
    await docker("update", `--cpus=${cpus}`, ...(await site.project.containers("convert-image")));
  }

  const converting = () => readProgress(join(site.home, "staging"));

  async function containerWithQemu(): Promise<string | undefined> {
    for (const id of await site.project.containers("convert-image")) {
      if ((await docker("top", id, "-o", "pid,args")).includes("qemu-img convert")) {
        return id;
      }
    }
    return undefined;
  }

  async function allDone(): Promise<void> {
    let left: readonly string[] = [];
    await until(
      "nothing is left to do",
      async () => {
        left = await unfinished(site);
        return left.length === 0;
      },
      LEASE_SECONDS + 30, // what was in work when the broker was killed, and its function stopped, waits for its lease to end
    ).catch((error: unknown) => assert.fail(`${String(error)}: ${left.join(", ")}`));
    assert.deepEqual(await readdir(join(site.home, "spool", "tmp")), []);
  }
});

/** Where CI finds them after a failure. */
async function keepLogs({ project }: ContainerSite): Promise<void> {
  await mkdir(".cache/container", { recursive: true });
  await writeFile(
    ".cache/container/stack.log",
    await project.compose("logs", "--no-color", "--timestamps"),
  );
}
