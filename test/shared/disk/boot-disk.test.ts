import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOvf } from "../../../functions/shared/disk/ovf.ts";
import { item, ovf } from "./archives.ts";

const FILES = ["a", "b", "c"].map((id) => `<File ovf:id="f${id}" ovf:href="${id}.vmdk"/>`).join("");
const A_AND_B = disk("a") + disk("b");

function disk(id: string, attributes = ""): string {
  return `<Disk ovf:diskId="${id}" ovf:fileRef="f${id}" ${attributes}/>`;
}

function drive(id: string, fields: Readonly<Record<string, string | number>> = {}): string {
  return item({ ResourceType: 17, HostResource: `ovf:/disk/${id}`, ...fields });
}

function controller(InstanceID: number, Address: number, ResourceType = 6): string {
  return item({ InstanceID, Address, ResourceType });
}

/** Disks, what the machine has, the disk that boots, and how that is known. */
const CASES: readonly (readonly [
  what: string,
  disks: string,
  items: string,
  boots: string,
  chosenBy: string,
])[] = [
  ["the only disk", disk("a"), drive("a"), "a", "only disk"],
  [
    "oVirt's mark on a disk",
    disk("a", `ovf:boot="false"`) + disk("b", `ovf:boot="true"`),
    drive("a", { AddressOnParent: 0 }) + drive("b", { AddressOnParent: 1 }),
    "b",
    "boot mark",
  ],
  [
    "a mark in the way that Python writes it",
    disk("a") + disk("b", `ovf:boot="True"`),
    "",
    "b",
    "boot mark",
  ],
  [
    "XenServer's mark on a disk",
    disk("a", `isBootable="false"`) + disk("b", `isBootable="true"`),
    "",
    "b",
    "boot mark",
  ],
  [
    "PowerVC's mark in a drive",
    A_AND_B,
    drive("a") + drive("b", { boot: "True" }),
    "b",
    "boot mark",
  ],
  [
    "XenServer's mark in a connection",
    A_AND_B,
    drive("a") + drive("b", { Connection: "b,device=1,bootable=True" }),
    "b",
    "boot mark",
  ],
  [
    "two marks, which are none, and then the address",
    disk("a", `ovf:boot="true"`) + disk("b", `ovf:boot="true"`),
    drive("a", { AddressOnParent: 1 }) + drive("b", { AddressOnParent: 0 }),
    "b",
    "controller order",
  ],
  [
    "oVirt's boot order, in which 0 is none",
    A_AND_B + disk("c"),
    drive("a", { BootOrder: 0, AddressOnParent: 0 }) +
      drive("b", { BootOrder: 3 }) +
      drive("c", { BootOrder: 2 }),
    "c",
    "boot order",
  ],
  [
    "VMware's boot order, which names the drive",
    A_AND_B,
    drive("a", { InstanceID: 8, AddressOnParent: 0 }) +
      drive("b", { InstanceID: 9, AddressOnParent: 1 }) +
      `</VirtualHardwareSection><vmw:BootOrderSection xmlns:vmw="urn:vmw" vmw:instanceId="9" vmw:type="disk"/><VirtualHardwareSection>`,
    "b",
    "boot order",
  ],
  [
    "the address of a controller of any type",
    A_AND_B,
    controller(3, 1, 20) +
      controller(4, 0, 20) +
      drive("a", { Parent: 3, AddressOnParent: 0 }) +
      drive("b", { Parent: 4, AddressOnParent: 5 }),
    "b",
    "controller order",
  ],
  [
    "the address on a controller that has none itself",
    A_AND_B,
    item({ InstanceID: 3, ResourceType: 5 }) +
      drive("a", { Parent: 3, AddressOnParent: 1 }) +
      drive("b", { Parent: 3, AddressOnParent: 0 }),
    "b",
    "controller order",
  ],
  [
    "an address, where the other has none",
    A_AND_B,
    drive("a") + drive("b", { AddressOnParent: 7 }),
    "b",
    "controller order",
  ],
  [
    "XenServer's device numbers, in drives of type 19",
    A_AND_B,
    drive("a", { ResourceType: 19, Connection: "a,device=1" }) +
      drive("b", { ResourceType: 19, Connection: "b,device=0" }),
    "b",
    "controller order",
  ],
  [
    "Hyper-V's disks, each in a drive on a controller",
    A_AND_B,
    controller(1, 0, 5) +
      item({ InstanceID: 2, ResourceType: 22, Parent: 1, AddressOnParent: 1 }) +
      item({ InstanceID: 3, ResourceType: 22, Parent: 1, AddressOnParent: 0 }) +
      drive("a", { ResourceType: 21, Parent: 2 }) +
      drive("b", { ResourceType: 21, Parent: 3 }),
    "b",
    "controller order",
  ],
  ["the only one in a drive", A_AND_B, drive("b"), "b", "only drive"],
  ["drives in the order of the document", A_AND_B, drive("b") + drive("a"), "b", "document order"],
  ["disks in the order of the document", A_AND_B, "", "a", "document order"],
];

for (const [what, disks, items, boots, chosenBy] of CASES) {
  test(`of several disks boots: ${what}`, () => {
    const found = parseOvf(ovf(FILES, disks, items));
    assert.deepEqual([found.bootDisk.diskId, found.chosenBy], [boots, chosenBy]);
    assert.deepEqual(
      found.warnings.map(({ code }) => code),
      chosenBy === "document order" ? ["boot-disk-unknown"] : [],
    );
  });
}

test("when nothing tells which disk boots, the warning names them", () => {
  const { warnings } = parseOvf(ovf(FILES, A_AND_B + `<Disk ovf:diskId="empty"/>`));
  assert.deepEqual(warnings, [
    {
      code: "boot-disk-unknown",
      sentence: `nothing in the OVF tells which of 2 disks boots; "a" is taken`,
      facts: { disks: `"a" "b"` },
    },
  ]);
});

for (const type of [14, 15, 16]) {
  test(`a disk in a drive of type ${type} neither boots nor counts`, () => {
    const items = drive("a", { ResourceType: type, boot: "true" }) + drive("b");
    const { bootDisk, chosenBy, otherDisks } = parseOvf(ovf(FILES, A_AND_B, items));
    assert.deepEqual([bootDisk.diskId, chosenBy, otherDisks], ["b", "only disk", []]);
    assert.throws(() => parseOvf(ovf(FILES, disk("a"), drive("a", { ResourceType: type }))), {
      code: "ovf-no-disk",
    });
  });
}

test("Hyper-V's image in a CD drive is no disk, though it has the type of one", () => {
  const items =
    item({ InstanceID: 2, ResourceType: 16 }) +
    drive("a", { ResourceType: 21, Parent: 2 }) +
    drive("b", { ResourceType: 21 });
  const { bootDisk, otherDisks } = parseOvf(ovf(FILES, A_AND_B, items));
  assert.deepEqual([bootDisk.diskId, otherDisks], ["b", []]);
});

test("a disk that no drive has is one more disk, and boots when the others are empty", () => {
  const empty = `<Disk ovf:diskId="empty" ovf:capacity="1"/>`;
  const { bootDisk, otherDisks } = parseOvf(ovf(FILES, empty + disk("b"), drive("empty")));
  assert.deepEqual([bootDisk.diskId, otherDisks], ["b", ["empty"]]);
});

for (const resource of [
  "ovf:/disk/b",
  "/disk/b",
  "disk/b",
  "ovf://disk/b",
  "ovf:/file/fb",
  "/file/fb",
  "b",
]) {
  test(`a drive has the disk that it names as ${resource}`, () => {
    const items =
      drive("a", { AddressOnParent: 1 }) +
      drive("b", { AddressOnParent: 0, HostResource: resource });
    assert.equal(parseOvf(ovf(FILES, A_AND_B, items)).bootDisk.diskId, "b");
  });
}

test("a drive may have a file in it of which no disk is declared, and several at once", () => {
  assert.equal(
    parseOvf(ovf(FILES, "", drive("x", { HostResource: "/file/fb" }))).bootDisk.href,
    "b.vmdk",
  );
  const two = `<Item><r:HostResource xmlns:r="urn:r">/disk/b</r:HostResource><HostResource>/disk/a</HostResource><ResourceType>17</ResourceType></Item>`;
  assert.equal(parseOvf(ovf(FILES, A_AND_B, two)).bootDisk.diskId, "b");
});

for (const resource of ["ovf:/disk/z", "/file/z"]) {
  test(`a drive that has ${resource}, which is not declared, is refused`, () => {
    const items = drive("a") + drive("z", { HostResource: resource });
    assert.throws(() => parseOvf(ovf(FILES, A_AND_B, items)), { code: "ovf-missing-file" });
  });
}

test("what a drive has of the host, and what an empty CD drive once had, is not looked for", () => {
  const items =
    drive("a") +
    drive("z", { HostResource: "[datastore1] vm/z.vmdk" }) +
    drive("z", { ResourceType: 15, HostResource: "ovf:/file/z" });
  assert.equal(parseOvf(ovf(FILES, disk("a"), items)).bootDisk.diskId, "a");
});

test("a controller is no drive, though it has the type of one and the number that a disk has as id", () => {
  const disks = `<Disk ovf:diskId="5" ovf:fileRef="fa"/>` + disk("b");
  const { bootDisk, chosenBy } = parseOvf(
    ovf(FILES, disks, controller(5, 0, 20) + drive("b", { Parent: 5 })),
  );
  assert.deepEqual([bootDisk.diskId, chosenBy], ["b", "only drive"]);
});

test("a disk that boots and is a difference to another is refused, one without a parent is written as oVirt does", () => {
  assert.equal(parseOvf(ovf(FILES, disk("a", `ovf:parentRef=""`))).bootDisk.diskId, "a");
  assert.throws(() => parseOvf(ovf(FILES, disk("a", `ovf:parentRef="b"`) + disk("b"))), {
    code: "parent-disk",
  });
});

test("a drive that names no disk has the one of its own id, unless that is a number", () => {
  const items = (InstanceID: string) => item({ ResourceType: 19, InstanceID }) + drive("a");
  const found = (id: string) => {
    const disks = `<Disk ovf:diskId="${id}" ovf:fileRef="fb"/>` + disk("a");
    return parseOvf(ovf(FILES, disks, items(id)));
  };
  assert.deepEqual([found("b-4052").bootDisk.diskId, found("7").bootDisk.diskId], ["b-4052", "a"]);
});
