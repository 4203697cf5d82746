import { chmod, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createTestClient } from "../../fakes/opennebula/client.ts";
import { createInstallation, STRANGER, type Installation } from "./installation.ts";

const severity = "error";
const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
const ours = { VMCATCHER_EVENT_DC_IDENTIFIER: IDENTIFIER };

describe("doctor on the account", () => {
  it("tells a file that is missing, empty or open, and never its content", async (t) => {
    const installation = await createInstallation(t);
    const file = installation.site.config.oneAuthFile;
    await chmod(file, 0o644);
    const open = { seen: /can be read by everybody/, fix: /chmod 600/ };
    await installation.tells("one-auth", { severity: "warning", ...open });
    const fix = /one line user:password/;
    await writeFile(file, "hunter2\n");
    const seen = /^(?!.*hunter2).*does not start with a line user:password/;
    await installation.tells("one-auth", { severity, seen, fix });
    await rm(file);
    await installation.tells("one-auth", { severity, seen: /does not exist/, fix });
    const unasked = { seen: /no account to ask with/, fix: /see the check one-auth/ };
    await installation.tells("opennebula", { severity: "unchecked", ...unasked });
  });

  it("tells an account that is not in the group oneadmin", async (t) => {
    const installation = await createInstallation(t);
    installation.site.simulator.createUser("vmcatcher", "pw");
    await writeFile(installation.site.config.oneAuthFile, "vmcatcher:pw\n");
    const expected = {
      seen: /vmcatcher \(2\) is neither oneadmin nor/,
      fix: /oneuser addgroup vmcatcher oneadmin/,
    };
    await installation.tells("account", { severity, ...expected });
  });

  it("takes one that is", async (t) => {
    const installation = await createInstallation(t);
    installation.site.simulator.createUser("vmcatcher", "pw", 0);
    await writeFile(installation.site.config.oneAuthFile, "vmcatcher:pw\n");
    await installation.tells("account", { severity: "ok", seen: /in the group oneadmin/ });
  });
});

describe("doctor on OpenNebula", () => {
  it("tells a wrong password", async (t) => {
    const installation = await createInstallation(t);
    await writeFile(installation.site.config.oneAuthFile, "oneadmin:wrong\n");
    const expected = { seen: /couldn't be authenticated/, fix: /into the file ONE_AUTH/ };
    await installation.tells("opennebula", { severity, ...expected });
  });

  it("tells that nobody listens, once; the other checks say that they could not ask", async (t) => {
    const installation = await createInstallation(t);
    installation.site.simulator.refuseConnections();
    await installation.tells("opennebula", {
      severity,
      seen: /ECONNREFUSED/,
      fix: /systemctl status opennebula/,
    });
    for (const check of [
      "opennebula-version",
      "account",
      "datastore",
      "safe-dirs",
      "duplicate-images",
    ]) {
      const expected = {
        seen: /OpenNebula cannot be asked/,
        fix: /see the checks one-auth and opennebula/,
      };
      await installation.tells(check, { severity: "unchecked", ...expected });
    }
  });

  it("tells what it refuses to tell", async (t) => {
    const installation = await createInstallation(t);
    const fault = { kind: "error", code: 512, text: "Not authorized" } as const;
    installation.site.simulator.inject({ fault, method: "one.datastorepool.info" });
    const expected = { seen: /does not tell its datastores: .*Not authorized/, fix: /oned\.log/ };
    await installation.tells("datastore", { severity: "unchecked", ...expected });
  });

  it("tells a cluster without a leader", async (t) => {
    const installation = await createInstallation(t);
    const fault = { kind: "election" } as const;
    installation.site.simulator.inject({ fault, times: 100 });
    const expected = { seen: /in election mode/, fix: /elects a leader/ };
    await installation.tells("opennebula", { severity, ...expected });
  });

  for (const [version, expected] of [
    ["6.8.3", { severity: "warning", seen: /6\.8\.3; tested are/, fix: /upgrade OpenNebula/ }],
    ["5.4.15", { severity, seen: /is 5\.4\.15/, fix: /upgrade it to 5\.12/ }],
    ["8.0.0", { severity: "warning", seen: /8\.0\.0; tested are/, fix: /that nobody uses/ }],
    ["nonsense", { severity, seen: /is nonsense/, fix: /upgrade it/ }],
  ] as const) {
    it(`tells that version ${version} is not a tested one`, async (t) => {
      const installation = await createInstallation(t);
      await installation.tells("opennebula-version", expected, { version });
    });
  }
});

describe("doctor on the datastores", () => {
  it("tells one that does not exist, is of another type, or one name of two", async (t) => {
    const installation = await createInstallation(t);
    const fix = /an image datastore by name or id/;
    const ask = (seen: RegExp, env: Record<string, string>) =>
      installation.tells("datastore", { severity, seen, fix }, { env });
    await ask(/ceph: no such image datastore/, { VMCATCHER_ONE_DATASTORE: "ceph" });
    await ask(/system is of type SYSTEM, not IMAGE/, { VMCATCHER_ONE_DATASTORE: "system" });
    await ask(/\(ops\): datastore 2 is of type FILE/, { VMCATCHER_ONE_VO_DATASTORES: "ops=2" });
    installation.site.simulator.createDatastore("default");
    await ask(/the name is not unique/, {});
    const unasked = { seen: /no datastore of the settings can be used/, fix: /check datastore/ };
    await installation.tells("safe-dirs", { severity: "unchecked", ...unasked });
  });

  it("tells one without room", async (t) => {
    const installation = await createInstallation(t);
    const fix = /delete old versions/;
    installation.site.simulator.setFreeMb(1, 10_240);
    await installation.tells("datastore-space", {
      severity: "warning",
      seen: /10\.0 GiB free/,
      fix,
    });
    installation.site.simulator.setFreeMb(1, 100);
    await installation.tells("datastore-space", { severity, seen: /refuses new images/, fix });
  });

  it("tells one that converts again", async (t) => {
    const installation = await createInstallation(t);
    await updateDatastore(installation, 1, { DRIVER: "qcow2" });
    const expected = {
      seen: /DRIVER=qcow2, and VMCATCHER_ONE_FORMAT is raw/,
      fix: /the same format/,
    };
    await installation.tells("datastore-driver", { severity: "warning", ...expected });
    const question = { env: { VMCATCHER_ONE_FORMAT: "qcow2" } };
    await installation.tells("datastore-driver", { severity: "ok", seen: /qcow2/ }, question);
  });

  it("tells SAFE_DIRS without staging, and how they must be", async (t) => {
    const installation = await createInstallation(t, { simulator: { safeDirs: ["/var/tmp"] } });
    const staging = installation.site.config.stagingDirectory;
    await installation.tells("safe-dirs", {
      severity,
      seen: /does not copy from .*RESTRICTED_DIRS \/, SAFE_DIRS "\/var\/tmp"; every image ends in ERROR/,
      fix: new RegExp(`onedatastore update 1, and set SAFE_DIRS="/var/tmp ${staging}"`),
    });
  });

  it("looks at SAFE_DIRS of a VO's datastore too", async (t) => {
    const installation = await createInstallation(t);
    const id = installation.site.simulator.createDatastore("ceph");
    await updateDatastore(installation, id, { SAFE_DIRS: "" });
    const question = { env: { VMCATCHER_ONE_VO_DATASTORES: "ops=ceph" } };
    const expected = { seen: /datastore 100 ceph does not copy/, fix: /onedatastore update 100/ };
    await installation.tells("safe-dirs", { severity, ...expected }, question);
    await installation.tells("safe-dirs", { severity: "ok", seen: /1 default copies/ }, question);
  });

  it("resolves links as OpenNebula's driver does", async (t) => {
    const installation = await createInstallation(t);
    const link = join(installation.site.directory, "linked");
    await symlink("/usr", link);
    await updateDatastore(installation, 1, { SAFE_DIRS: link });
    const question = { env: { VMCATCHER_ONE_HOME: link } };
    const expected = {
      seen: /does not copy from \/usr\/staging/,
      fix: /SAFE_DIRS="\S+ \/usr\/staging"/,
    };
    await installation.tells("safe-dirs", { severity, ...expected }, question);
  });

  it("knows what is restricted without being told", async (t) => {
    const installation = await createInstallation(t);
    await updateDatastore(installation, 1, { SAFE_DIRS: "", RESTRICTED_DIRS: "" });
    await installation.tells("safe-dirs", { severity: "ok", seen: /not restricted/ });
    const question = { env: { VMCATCHER_ONE_HOME: "/var/lib/one/images" } };
    await installation.tells(
      "safe-dirs",
      { severity, seen: /RESTRICTED_DIRS \/var\/lib\/one/ },
      question,
    );
  });
});

describe("doctor on what oned may read", () => {
  it("tells that oned's user cannot reach staging, or read what lies there", async (t) => {
    const installation = await createInstallation(t);
    const { home, stagingDirectory } = installation.site.config;
    const question = { places: { onedUser: STRANGER } };
    const fix = /let the service run as nobody/;
    const kept = { seen: /nobody may not enter .*OpenNebula cannot copy any image/, fix };
    await installation.tells("staging-readable", { severity, ...kept }, question);
    await chmod(home, 0o755);
    await chmod(stagingDirectory, 0o755);
    const unread = { seen: /mode 0640.*nobody may not read it/, fix };
    await installation.tells("staging-readable", { severity, ...unread }, question);
    const absent = { places: { onedUser: "no-such-user" } };
    const unknown = { seen: /no-such-user is no user here/, fix: /--oned-user/ };
    await installation.tells("staging-readable", { severity: "unchecked", ...unknown }, absent);
  });

  it("tells attributes that users may edit", async (t) => {
    const installation = await createInstallation(t);
    const { onedConf } = installation.places;
    await writeFile(
      onedConf,
      '# IMAGE_RESTRICTED_ATTR = "VMCATCHER_ONE_STATE"\nIMAGE_RESTRICTED_ATTR="VMCATCHER_EVENT_DC_IDENTIFIER"\n',
    );
    await installation.tells("restricted-attributes", {
      severity: "warning",
      seen: /change VMCATCHER_ONE_STATE, VMCATCHER_ONE_EVENT_TIME/,
      fix: /IMAGE_RESTRICTED_ATTR = "VMCATCHER_ONE_STATE"/,
    });
    await rm(onedConf);
    const absent = { seen: /there is no/, fix: /--oned-conf FILE/ };
    await installation.tells("restricted-attributes", { severity: "unchecked", ...absent });
  });
});

describe("doctor on images", () => {
  it("tells two live images of one identifier, of two owners or by their marks", async (t) => {
    const installation = await createInstallation(t);
    const { simulator } = installation.site;
    const uid = simulator.createUser("alice", "pw");
    simulator.addImage({ name: IDENTIFIER, attributes: ours });
    const fix = /rename or delete all but one/;
    await installation.tells("duplicate-images", { severity: "ok", seen: /1 identifiers/ });
    simulator.addImage({ name: IDENTIFIER, uid, attributes: ours });
    const named = { seen: /has 2 live images: 1 of alice .*, 0 of oneadmin/, fix };
    await installation.tells("duplicate-images", { severity, ...named });
    simulator.addImage({ name: "by hand", attributes: { ...ours, VMCATCHER_ONE_STATE: "live" } });
    await installation.tells("duplicate-images", { severity, seen: /has 3 live images/, fix });
  });

  it("tells images in ERROR, with the reason, and leaves others' alone", async (t) => {
    const installation = await createInstallation(t);
    const { simulator } = installation.site;
    simulator.addImage({ name: "of a user", state: "ERROR" });
    await installation.tells("failed-images", { severity: "ok", seen: /no image/ });
    const attributes = { ...ours, ERROR: "Not allowed\u0007 to copy" };
    simulator.addImage({ name: "x", state: "ERROR", attributes });
    const expected = {
      seen: /image 1 x is in state ERROR: Not allowed/,
      fix: /oneimage delete 1 \(never enable/,
    };
    await installation.tells("failed-images", { severity: "warning", ...expected });
  });

  it("tells images that are unfinished for long", async (t) => {
    const installation = await createInstallation(t);
    const { simulator } = installation.site;
    simulator.addImage({ name: "x", attributes: { ...ours, VMCATCHER_ONE_STATE: "pending" } });
    simulator.addImage({ name: "y", state: "LOCKED", attributes: ours });
    const later = { now: new Date(Date.now() + 21_700_000) };
    const fix = /vmcatcher-one dead-letters/;
    const pending = { seen: /image 0 x is READY and pending since/, fix };
    await installation.tells("stuck-images", { severity: "warning", ...pending }, later);
    const locked = { seen: /image 1 y is LOCKED/, fix: /--force while it is locked/ };
    await installation.tells("stuck-images", { severity: "warning", ...locked }, later);
    await installation.tells("stuck-images", { severity: "ok", seen: /no image/ });
  });

  it("tells what vmcatcher has left open", async (t) => {
    const installation = await createInstallation(t);
    const live = { ...ours, VMCATCHER_ONE_STATE: "live" };
    const at = "2026-11-20T10:00:00.000000000Z";
    installation.site.simulator.addImage({
      name: "x",
      attributes: {
        ...live,
        VMCATCHER_ONE_STALE_SINCE: at,
        VMCATCHER_ONE_EXPIRY_UNKNOWN_SINCE: at,
      },
    });
    const now = new Date("2026-11-21T11:00:00Z");
    const stale = { seen: /announced a newer version at 2026-11-20/, fix: /its download fails/ };
    await installation.tells("overdue-images", { severity: "warning", ...stale }, { now });
    const unknown = {
      seen: /could not say whether it is still subscribed/,
      fix: /vmcatcher_image -l/,
    };
    await installation.tells("overdue-images", { severity: "warning", ...unknown }, { now });
  });

  it("tells an event from the future", async (t) => {
    const installation = await createInstallation(t);
    const attributes = { ...ours, VMCATCHER_ONE_EVENT_TIME: "2027-11-22T10:00:00.000000000Z" };
    installation.site.simulator.addImage({ name: "x", attributes });
    const now = new Date("2026-11-22T10:00:00Z");
    const expected = { seen: /event of 2027-11-22T10.*in the future/, fix: /set the clock/ };
    await installation.tells("event-times", { severity, ...expected }, { now });
  });

  for (const [row, image, seen, fix] of [
    [
      "S3b, S9, S10: the live image got the rights of one that was locked away",
      { name: IDENTIFIER, mode: "700", state: "DISABLED" },
      /is the live one, and closed to its users \(oneadmin:oneadmin 700 DISABLED\)/,
      /oneimage chown 0 USER GROUP; oneimage chmod 0 640; oneimage enable 0/,
    ],
    [
      "S12: the old image was locked away and could not be renamed",
      { name: IDENTIFIER, mode: "700" },
      /is the live one, and closed to its users \(oneadmin:oneadmin 700 READY\)/,
      /oneimage chown 0/,
    ],
    [
      "E5: an expired image was in use, and stayed enabled for ever",
      { name: `${IDENTIFIER}_EXPIRED_2014-06-04_12-54-44_+0200-CEST`, mode: "700" },
      /has expired, and is still offered/,
      /oneimage disable 0/,
    ],
  ] as const) {
    it(`tells images of 0.0.8: ${row}`, async (t) => {
      const installation = await createInstallation(t);
      installation.site.simulator.addImage({
        ...image,
        mode: Number.parseInt(image.mode, 8),
        attributes: ours,
      });
      await installation.tells("predecessor-images", { severity: "warning", seen, fix });
    });
  }

  it("tells images of 0.0.8: S2b, S5b: the update never gave the rights back", async (t) => {
    const installation = await createInstallation(t);
    const { simulator } = installation.site;
    const image = { name: IDENTIFIER, mode: 0o600, attributes: ours };
    simulator.addImage(image);
    // Of a first version nobody knows better: the administrator has not published it yet.
    await installation.tells("predecessor-images", { severity: "ok", seen: /1 images of 0\.0\.8/ });
    simulator.addImage({
      ...image,
      name: `${IDENTIFIER}_EXPIRED_x`,
      mode: 0o700,
      state: "DISABLED",
    });
    const seen = /image 0 .* closed to its users \(oneadmin:oneadmin 600 READY\)/;
    await installation.tells("predecessor-images", {
      severity: "warning",
      seen,
      fix: /chmod 0 640/,
    });
  });

  it("has nothing to say of images of 0.0.8 that are right, or of later ones", async (t) => {
    const installation = await createInstallation(t);
    const { simulator } = installation.site;
    const uid = simulator.createUser("alice", "pw");
    simulator.addImage({ name: IDENTIFIER, uid, gid: 1, mode: 0o640, attributes: ours });
    const retired = { mode: 0o700, state: "DISABLED" } as const;
    simulator.addImage({ name: `${IDENTIFIER}_EXPIRED_x`, ...retired, attributes: ours });
    const later = { ...ours, VMCATCHER_ONE_STATE: "superseded" };
    simulator.addImage({ name: `${IDENTIFIER}_EXPIRED_y`, attributes: later });
    await installation.tells("predecessor-images", { severity: "ok", seen: /2 images of 0\.0\.8/ });
  });
});

/** As `onedatastore update` does. */
async function updateDatastore(
  { site }: Installation,
  id: number,
  attributes: Readonly<Record<string, string>>,
): Promise<void> {
  const template = Object.entries(attributes).map(([name, value]) => `${name}="${value}"`);
  await createTestClient(site.simulator.url).id("one.datastore.update", id, template.join("\n"), 1);
}
