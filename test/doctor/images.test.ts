import { describe, it } from "node:test";
import { createInstallation } from "./installation.ts";

const severity = "error";
const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
const ours = { VMCATCHER_EVENT_DC_IDENTIFIER: IDENTIFIER };

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
    const old = { ...ours, VMCATCHER_ONE_STATE: "superseded", VMCATCHER_ONE_SUPERSEDED_BY: "j" };
    simulator.addImage({ name: "y", state: "ERROR", attributes: old });
    await installation.tells("failed-images", {
      severity: "warning",
      seen: /image 2 y, which is live no more, is in state ERROR/,
      fix: /oneimage delete 2: nobody can use it/,
    });
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

  it("tells a live image that may be no disk, until its next version or until somebody empties its warnings", async (t) => {
    const installation = await createInstallation(t);
    const { simulator } = installation.site;
    const live = { ...ours, VMCATCHER_ONE_STATE: "live" };
    const old = { ...ours, VMCATCHER_ONE_STATE: "superseded" };
    simulator.addImage({ name: "x", attributes: { ...live, VMCATCHER_ONE_WARNINGS: "ovf-size" } });
    simulator.addImage({
      name: "y",
      attributes: { ...old, VMCATCHER_ONE_WARNINGS: "unrecognised" },
    });
    await installation.tells("doubtful-images", { severity: "ok", seen: /1 live images, none/ });
    const attributes = { ...live, VMCATCHER_ONE_WARNINGS: "ovf-size unrecognised" };
    simulator.addImage({ name: "z", attributes });
    const expected = {
      seen: /image 2 z has the warning unrecognised: doubtful, nothing in the disk says/,
      fix: /start a VM from it; if that works, empty .*VMCATCHER_ONE_WARNINGS \(oneimage update 2\)/,
    };
    await installation.tells("doubtful-images", { severity: "warning", ...expected });
  });

  it("tells an event from the future", async (t) => {
    const installation = await createInstallation(t);
    const attributes = { ...ours, VMCATCHER_ONE_EVENT_TIME: "2027-11-22T10:00:00.000000000Z" };
    installation.site.simulator.addImage({ name: "x", attributes });
    const now = new Date("2026-11-22T10:00:00Z");
    const expected = { seen: /event of 2027-11-22T10.*in the future/, fix: /set the clock/ };
    await installation.tells("event-times", { severity, ...expected }, { now });
    const confirmed = { ...ours, VMCATCHER_ONE_CONFIRMED: "2028-11-22T10:00:00.000000000Z" };
    installation.site.simulator.addImage({ name: "y", attributes: confirmed });
    const second = {
      seen: /image \d+ y .*event of 2028/,
      fix: /set VMCATCHER_ONE_CONFIRMED to now/,
    };
    await installation.tells("event-times", { severity, ...second }, { now });
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
