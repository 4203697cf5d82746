import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { execa } from "execa";
import { IDENTIFIER } from "../../functions/job/identifier.ts";
import { JOB, STATE } from "../../functions/shared/lineage/attributes.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { createManualClock } from "../fakes/opennebula/manual-clock.ts";

const JOB_ID = "0123456789abcdef0123456789abcdef";
const NAME = `de355bfb-5781-5b0c-9ccd-9bd3d0d2be06.pending.${JOB_ID}`;
const TWO_DAYS_MS = 2 * 86_400_000;

describe("vmcatcher-one clean", () => {
  let site: Site;
  before(async () => {
    site = await createSite({ simulator: { clock: createManualClock(Date.now() - TWO_DAYS_MS) } });
    await mkdir(join(site.config.spoolDirectory, "new"), { recursive: true });
    await mkdir(site.config.stagingDirectory);
    await writeFile(join(site.config.stagingDirectory, `${JOB_ID}.raw`), "a disk of today");
    site.simulator.addImage({
      name: NAME,
      mode: 0o600,
      attributes: {
        [IDENTIFIER]: "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06",
        [STATE]: "pending",
        [JOB]: JOB_ID,
      },
    });
  });
  after(() => site.close());

  const clean = (...args: readonly string[]) =>
    execa("node", ["functions/cli/main.ts", "clean", ...args], { env: site.env, reject: false });

  it("tells in a dry run what would go, and what stays and why", async () => {
    const { stdout, exitCode } = await clean("--dry-run");
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      new RegExp(`^WOULD BE REMOVED\\n.*\\n +pending-image +0 ${NAME}\\nKEPT\\n`),
    );
    assert.match(stdout, new RegExp(`disk +/.*/${JOB_ID}\\.raw +it is younger than a day$`));
    assert.equal(site.simulator.images()[0]?.state, "READY");
  });

  it("says what it cannot look at, and fails", async () => {
    site.simulator.refuseConnections();
    const { stdout, stderr, exitCode } = await clean();
    await site.simulator.start();
    assert.equal(exitCode, 1);
    assert.match(stderr, /^vmcatcher-one: images: .*ECONNREFUSED/);
    assert.match(stdout, /younger than a day/);
  });

  it("removes, and tells a program the same", async () => {
    const { stdout, exitCode } = await clean("--json");
    assert.equal(exitCode, 0);
    assert.deepEqual(JSON.parse(stdout), {
      removed: [{ kind: "pending-image", name: `0 ${NAME}` }],
      kept: [
        {
          kind: "disk",
          name: join(site.config.stagingDirectory, `${JOB_ID}.raw`),
          reason: "it is younger than a day",
        },
      ],
      failures: [],
    });
    assert.equal(site.simulator.images()[0]?.state, "DELETE");
    assert.deepEqual(await readdir(site.config.stagingDirectory), [`${JOB_ID}.raw`]);
  });
});
