import assert from "node:assert/strict";
import { chmod, chown, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { judgeSpace } from "../../functions/doctor/host/disk-space.ts";
import { createInstallation, fakeProgram, serve } from "./installation.ts";

describe("doctor on the host", () => {
  it("tells an old Node.js", async (t) => {
    const installation = await createInstallation(t);
    const expected = { seen: /Node\.js is 20\.19\.1/, fix: /install Node\.js 24/ };
    await installation.tells(
      "node",
      { severity: "error", ...expected },
      { nodeVersion: "20.19.1" },
    );
  });

  for (const [fault, script, seen, fix] of [
    ["an old qemu-img", "echo 'qemu-img version 4.2.1 (x)'", /version 4\.2\.1/, /install 5\.2/],
    [
      "a qemu-img without a format",
      "echo 'qemu-img version 9.0.0'; echo 'Supported formats: file raw qcow2 vdi vpc'",
      /without vmdk, vhdx/,
      /qemu-utils/,
    ],
    ["a broken qemu-img", "exit 127", /does not say its version/, /qemu-utils .* again/],
  ] as const) {
    it(`tells ${fault}`, async (t) => {
      const installation = await createInstallation(t);
      const PATH = await fakeProgram(installation, "qemu-img", script);
      await installation.tells("qemu-img", { severity: "error", seen, fix }, { env: { PATH } });
    });
  }

  it("tells missing programs, each with its package", async (t) => {
    const installation = await createInstallation(t);
    const question = { env: { PATH: await fakeProgram(installation, "xz", "exit 0") } };
    const severity = "error";
    await installation.tells(
      "qemu-img",
      { severity, seen: /not in PATH/, fix: /qemu-utils/ },
      question,
    );
    await installation.tells(
      "programs",
      { severity, seen: /^bzip2 is/, fix: /install bzip2/ },
      question,
    );
    await installation.tells(
      "programs",
      { severity, seen: /^setpriv is/, fix: /util-linux/ },
      question,
    );
    await installation.tells(
      "programs",
      { severity, seen: /^prlimit is/, fix: /util-linux/ },
      question,
    );
  });

  it("tells a home that is missing, no directory, or open to everybody", async (t) => {
    const installation = await createInstallation(t);
    const { home } = installation.site.config;
    await chmod(home, 0o777);
    const open = { seen: /can be written by everybody/, fix: /chmod o-w/ };
    await installation.tells("home", { severity: "warning", ...open });
    await rm(home, { recursive: true });
    const severity = "error";
    await installation.tells("home", {
      severity,
      seen: /does not exist/,
      fix: /install -d -o oneadmin/,
    });
    await writeFile(home, "");
    await installation.tells("home", { severity, seen: /is no directory/, fix: /move it away/ });
  });

  it("tells a home that belongs to nobody who works there", async (t) => {
    const installation = await createInstallation(t);
    if (process.geteuid?.() === 0) {
      const question = { places: { onedUser: "daemon" } };
      const expected = { seen: /belongs to root/, fix: /chown daemon: / };
      await installation.tells("home", { severity: "warning", ...expected }, question);
      await chown(installation.site.config.home, 65_534, 65_534);
      await chmod(installation.site.config.home, 0o550);
      const refused = { seen: /may not read and write to and enter .*home/, fix: /chown it to/ };
      await installation.tells("home", { severity: "error", ...refused });
    } else {
      const expected = { seen: /may not read and write to and enter \/ \(/, fix: /chown it to/ };
      await installation.tells(
        "home",
        { severity: "error", ...expected },
        { env: { VMCATCHER_ONE_HOME: "/" } },
      );
    }
  });

  it("tells a full disk", async (t) => {
    const installation = await createInstallation(t);
    const question = { env: { VMCATCHER_ONE_HOME: "/proc" } }; // a file system without a free block
    const expected = { seen: /\/proc has 0\.0 GiB free/, fix: /make room/ };
    await installation.tells("disk-space", { severity: "error", ...expected }, question);
  });

  for (const [fault, { gib, inodes }, severity, seen] of [
    ["less than a large image needs", { gib: 9, inodes: 5 }, "warning", /9\.0 GiB free, which/],
    ["no room", { gib: 0.9, inodes: 5 }, "error", /0\.9 GiB free: conversions wait/],
    ["no inode", { gib: 900, inodes: 0 }, "error", /no inode free/],
    ["room", { gib: 11, inodes: 5 }, "ok", /11\.0 GiB free$/],
  ] as const) {
    it(`knows what a file system with ${fault} means`, () => {
      const space = { bsize: 4096, bavail: (gib * 2 ** 30) / 4096, files: 10, ffree: inodes };
      const verdict = judgeSpace("/x", space);
      assert.equal(verdict.severity, severity);
      assert.match(verdict.seen, seen);
    });
  }

  it("says nothing of a clock that the server does not tell", async (t) => {
    const installation = await createInstallation(t);
    const address = await serve(t, (_request, response) => {
      response.sendDate = false;
      response.end();
    });
    const question = { env: { ONE_XMLRPC: `http://${address}/RPC2` } };
    const expected = { seen: /does not tell its time/, fix: /compare `date` on both hosts/ };
    await installation.tells("clock", { severity: "unchecked", ...expected }, question);
  });

  it("tells clocks that differ, by what the server itself says", async (t) => {
    const installation = await createInstallation(t);
    const address = await serve(t, (_request, response) => {
      response.setHeader("Date", new Date(Date.now() - 600_000).toUTCString()).end();
    });
    await installation.tells(
      "clock",
      { severity: "warning", seen: /oned is (599|600|601) s behind this host/, fix: /NTP/ },
      { env: { ONE_XMLRPC: `http://${address}/RPC2` } },
    );
    await installation.tells(
      "clock",
      { severity: "warning", seen: /the SQS server is (599|600|601) s behind/, fix: /AWS refuses/ },
      { env: { VMCATCHER_ONE_QUEUE: "sqs", AWS_ENDPOINT_URL_SQS: `http://${address}` } },
    );
    const question = { env: { ONE_XMLRPC: "http://127.0.0.1:1/RPC2" } };
    const silent = { seen: /did not tell its time: .*ECONNREFUSED/, fix: /reachable/ };
    await installation.tells("clock", { severity: "unchecked", ...silent }, question);
  });

  it("tells a service that hangs, or that nobody has started", async (t) => {
    const installation = await createInstallation(t);
    const hanging = await serve(t, (_request, response) => response.writeHead(503).end("slot 1"));
    const hangs = { seen: /says that it hangs: slot 1/, fix: /restart it/ };
    await installation.tells(
      "service",
      { severity: "error", ...hangs },
      { env: { VMCATCHER_ONE_HTTP: hanging } },
    );
    const question = { env: { VMCATCHER_ONE_HTTP: "127.0.0.1:1" } };
    const fix = /systemctl start vmcatcher-one/;
    await installation.tells("service", { severity: "warning", seen: /no answer/, fix }, question);
    const { spoolDirectory } = installation.site.config;
    await mkdir(join(spoolDirectory, "new"), { recursive: true });
    await writeFile(join(spoolDirectory, "new", "1795339616.000000000-0000001"), "");
    const seen = /no answer.*and 1 events and messages wait/;
    await installation.tells("service", { severity: "error", seen, fix }, question);
    const off = { seen: /is off/, fix: /systemctl status/ };
    await installation.tells(
      "service",
      { severity: "unchecked", ...off },
      { env: { VMCATCHER_ONE_HTTP: "off" } },
    );
  });
});
