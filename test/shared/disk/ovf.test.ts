import assert from "node:assert/strict";
import { test } from "node:test";
import { unitBytes } from "../../../functions/shared/disk/ovf-units.ts";
import { parseOvf } from "../../../functions/shared/disk/ovf.ts";
import { item, ovf } from "./archives.ts";

const FILES = `<File ovf:id="f1" ovf:href="data.vmdk"/><File ovf:id="f2" ovf:href="boot.vmdk"/>`;
const DISKS = `<Disk ovf:diskId="data" ovf:fileRef="f1"/><Disk ovf:diskId="boot" ovf:fileRef="f2"/><Disk ovf:diskId="empty" ovf:capacity="1"/>`;

test("O4: the disk that boots is the first by controller and address, not by name or order", () => {
  const scsi = [
    item({ InstanceID: 3, ResourceType: 6, Address: 1 }),
    item({ InstanceID: 4, ResourceType: 6, Address: 0 }),
    item({
      InstanceID: 10,
      ResourceType: 17,
      Parent: 3,
      AddressOnParent: 0,
      HostResource: "ovf:/disk/data",
    }),
    item({
      InstanceID: 11,
      ResourceType: 17,
      Parent: 4,
      AddressOnParent: 1,
      HostResource: "/disk/boot",
    }),
    item({
      InstanceID: 12,
      ResourceType: 17,
      Parent: 4,
      AddressOnParent: 0,
      HostResource: "ovf:/disk/empty",
    }),
    item({ InstanceID: 13, ResourceType: 15, Parent: 4, AddressOnParent: 0 }),
  ].join("");
  const { bootDisk, otherDisks } = parseOvf(ovf(FILES, DISKS, scsi));
  assert.equal(bootDisk.href, "boot.vmdk");
  assert.deepEqual(otherDisks, ["data", "empty"]);
});

test("a drive may name the file, and without drives the first disk with a file boots", () => {
  const drive = item({ ResourceType: 17, HostResource: "/file/f2" });
  assert.equal(parseOvf(ovf(FILES, DISKS, drive)).bootDisk.href, "boot.vmdk");
  assert.equal(parseOvf(ovf(FILES, DISKS)).bootDisk.href, "data.vmdk");
});

test("units of capacity are read in the new and the old form", () => {
  assert.deepEqual(
    [
      "",
      "byte",
      "byte * 2^30",
      "byte*2^20",
      "byte * 10^9",
      "GigaBytes",
      "MegaBytes",
      "furlongs",
    ].map(unitBytes),
    [1, 1, 2 ** 30, 2 ** 20, 1e9, 2 ** 30, 2 ** 20, undefined],
  );
});

for (const [what, code, document] of [
  [
    "a reference that leaves the archive, encoded",
    "ovf-external-ref",
    ovf(`<File ovf:id="f" ovf:href="%2e%2e%2Fx"/>`, ""),
  ],
  [
    "an encoded absolute reference",
    "ovf-external-ref",
    ovf(`<File ovf:id="f" ovf:href="%2Fetc%2Fpasswd"/>`, ""),
  ],
  [
    "a reference to another host",
    "ovf-external-ref",
    ovf(`<File ovf:id="f" ovf:href="//host/x"/>`, ""),
  ],
  ["an encoded scheme", "ovf-external-ref", ovf(`<File ovf:id="f" ovf:href="nbd%3Ahost"/>`, "")],
  ["an empty reference", "ovf-external-ref", ovf(`<File ovf:id="f"/>`, "")],
  [
    "a disk in a file that is not declared",
    "ovf-missing-file",
    ovf("", `<Disk ovf:diskId="d" ovf:fileRef="f"/>`),
  ],
  ["nothing but empty disks", "ovf-no-disk", ovf("", `<Disk ovf:diskId="d" ovf:capacity="8"/>`)],
  [
    "a document type",
    "ovf-doctype",
    Buffer.from(`<!DOCTYPE x [<!ENTITY e "f">]><Envelope>&e;</Envelope>`),
  ],
  ["an entity of nobody", "ovf-bad", Buffer.from("<Envelope>&e;</Envelope>")],
  ["a document that ends too early", "ovf-bad", Buffer.from("<Envelope><References>")],
  ["another document", "ovf-bad", Buffer.from("<html></html>")],
  ["bytes that are no text", "ovf-bad", Buffer.from([0x3c, 0xff, 0xfe])],
  ["too many elements", "ovf-limit", ovf("<a/>".repeat(20_001), "")],
  ["too many bytes", "ovf-limit", ovf(" ".repeat(2 ** 20), "")],
] as const) {
  test(`${what} is refused as ${code}`, () => {
    assert.throws(() => parseOvf(document), { name: "GiveUp", code });
  });
}
