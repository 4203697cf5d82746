import { chmod, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createTestClient } from "../fakes/opennebula/client.ts";
import { createInstallation, STRANGER, type Installation } from "./installation.ts";

const severity = "error";

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

/** As `onedatastore update` does. */
async function updateDatastore(
  { site }: Installation,
  id: number,
  attributes: Readonly<Record<string, string>>,
): Promise<void> {
  const template = Object.entries(attributes).map(([name, value]) => `${name}="${value}"`);
  await createTestClient(site.simulator.url).id("one.datastore.update", id, template.join("\n"), 1);
}
