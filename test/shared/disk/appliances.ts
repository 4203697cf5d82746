import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { archive, member } from "./archives.ts";

/* Appliances as exporters write them: what is in them, and the many ways to write that down. */

/** A disk of an appliance, and where the machine has it. */
export interface ModelDisk {
  readonly hasContent: boolean;
  /** The resource type of its drive; undefined when it is in none. */
  readonly drive: number | undefined;
  readonly isMarked: boolean;
  readonly bootOrder: number | undefined;
  /** The number of a controller. */
  readonly controller: number | undefined;
  readonly address: number | undefined;
}

/** What an appliance is. */
export interface Model {
  readonly disks: readonly ModelDisk[];
  /** Their own addresses, where they have one. */
  readonly controllers: readonly (number | undefined)[];
}

/** How it is written down. */
export interface Style {
  readonly ovf: string;
  readonly rasd: string;
  readonly item: string;
  readonly mark: "boot" | "isBootable" | "child" | "connection";
  readonly order: "child" | "section";
  readonly device: "AddressOnParent" | "Connection";
  readonly resource: string;
  readonly controllerType: number;
  readonly lineEnd: string;
  readonly href: "plain" | "dot" | "upper" | "encoded";
  readonly member: "plain" | "dot";
  readonly manifest: string | undefined;
  readonly pads: number;
  readonly appleDouble: boolean;
  readonly parentRef: string;
}

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** Any appliance of up to five disks. */
export const models: fc.Arbitrary<Model> = fc.record({
  disks: fc.array(
    fc.record({
      hasContent: fc.integer({ min: 0, max: 4 }).map((value) => value > 0),
      drive: fc.constantFrom(undefined, 14, 15, 16, 17, 17, 17, 17, 19, 20, 21, 22),
      isMarked: fc.integer({ min: 0, max: 4 }).map((value) => value === 0),
      bootOrder: maybe(fc.integer({ min: 0, max: 3 })),
      controller: maybe(fc.integer({ min: 0, max: 2 })),
      address: maybe(fc.integer({ min: 0, max: 3 })),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  controllers: fc.array(maybe(fc.integer({ min: 0, max: 2 })), { minLength: 3, maxLength: 3 }),
});

/** Any way to write one. */
export const styles: fc.Arbitrary<Style> = fc.record({
  ovf: fc.constantFrom("", "ovf:", "o:"),
  rasd: fc.constantFrom("", "rasd:", "r:", "sasd:"),
  item: fc.constantFrom("Item", "StorageItem"),
  mark: fc.constantFrom("boot", "isBootable", "child", "connection"),
  order: fc.constantFrom("child", "section"),
  device: fc.constantFrom("AddressOnParent", "Connection"),
  resource: fc.constantFrom(
    "ovf:/disk/",
    "/disk/",
    "ovf://disk/",
    "ovf:/file/file-",
    "/file/file-",
  ),
  controllerType: fc.constantFrom(5, 6, 20),
  lineEnd: fc.constantFrom("", "\n", "\r\n"),
  href: fc.constantFrom("plain", "dot", "upper", "encoded"),
  member: fc.constantFrom("plain", "dot"),
  manifest: maybe(
    fc.constantFrom(
      "SHA1(",
      "SHA256(",
      "SHA256 (",
      "SHA-512 (",
      "SHA2-256(",
      "SHA2-384(",
      "SHA2-512(",
    ),
  ),
  pads: fc.integer({ min: 0, max: 3 }),
  appleDouble: fc.boolean(),
  parentRef: fc.constantFrom("", `parentRef=""`),
});

/** The content of a disk; empty ones have no file. */
export function contentOf(index: number): string {
  return `content of disk ${index}`;
}

/** An archive with that appliance in it. */
export function write(model: Model, style: Style): Buffer {
  const dot = style.member === "dot" ? "./" : "";
  const files = [
    { name: "x.ovf", content: descriptor(model, style) },
    ...model.disks.flatMap(({ hasContent }, index) =>
      hasContent ? [{ name: `disk-${index}.vmdk`, content: contentOf(index) }] : [],
    ),
  ];
  const { manifest } = style;
  const lines =
    manifest === undefined
      ? []
      : [...files, { name: "x.mf", content: "" }].map(
          ({ name, content }) => `${manifest}${dot}${name})= ${digest(manifest, content)}`,
        );
  return archive(
    ...(style.appleDouble ? [member("._x.ovf", "\0"), member("__MACOSX/._x.mf", "\0")] : []),
    ...files.flatMap(({ name, content }) => [
      member(dot + name, content),
      ...Array.from({ length: style.pads }, (_, index) =>
        member(index % 2 === 0 ? "pad" : "./PAD", content),
      ),
    ]),
    ...(manifest === undefined ? [] : [member(`${dot}x.mf`, lines.join(style.lineEnd || "\n"))]),
  );
}

function descriptor({ disks, controllers }: Model, style: Style): string {
  const { ovf: o, rasd: r, lineEnd } = style;
  const item = (fields: Readonly<Record<string, string | number | undefined>>) =>
    `<${o}${style.item}>${Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `<${r}${name}>${value}</${r}${name}>`)
      .join(lineEnd)}</${o}${style.item}>`;
  const isInSections = style.order === "section" && sectionsSuffice(disks);
  const namespaces = `xmlns="urn:ovf" xmlns:ovf="urn:ovf" xmlns:o="urn:ovf" xmlns:rasd="urn:rasd" xmlns:r="urn:rasd" xmlns:sasd="urn:rasd" xmlns:vmw="urn:vmw"`;
  const sections = isInSections
    ? disks
        .map(({ bootOrder = 0 }, index) => ({ bootOrder, index }))
        .filter(({ bootOrder }) => bootOrder > 0)
        .sort((a, b) => a.bootOrder - b.bootOrder)
        .map(
          ({ index }) => `<vmw:BootOrderSection vmw:instanceId="${100 + index}" vmw:type="disk"/>`,
        )
    : [];
  return [
    `<?xml version="1.0"?><${o}Envelope ${namespaces}><${o}References>`,
    ...disks.map(({ hasContent }, index) =>
      hasContent ? `<${o}File ${o}id="file-d${index}" ${o}href="${href(index, style)}"/>` : "",
    ),
    `</${o}References><${o}DiskSection>`,
    ...disks.map((disk, index) => {
      const isSaidHere =
        disk.drive === undefined || style.mark === "boot" || style.mark === "isBootable";
      const name = style.mark === "isBootable" ? style.mark : "boot";
      return [
        `<${o}Disk ${o}diskId="d${index}" ${style.parentRef}`,
        disk.hasContent ? `${o}fileRef="file-d${index}"` : "",
        isSaidHere ? `${name}="${disk.isMarked}"` : "",
        disk.drive === undefined ? `BootOrder="${disk.bootOrder ?? ""}"` : "",
        "/>",
      ].join(" ");
    }),
    `</${o}DiskSection><${o}VirtualSystem><${o}VirtualHardwareSection>`,
    ...controllers.map((Address, index) =>
      item({ InstanceID: 11 + index, ResourceType: style.controllerType, Address }),
    ),
    ...disks.map((disk, index) =>
      disk.drive === undefined
        ? ""
        : item({
            InstanceID: 100 + index,
            ResourceType: disk.drive,
            HostResource: `${disk.hasContent ? style.resource : "/disk/"}d${index}`,
            Parent: disk.controller === undefined ? undefined : 11 + disk.controller,
            AddressOnParent: style.device === "AddressOnParent" ? disk.address : undefined,
            BootOrder: isInSections ? undefined : disk.bootOrder,
            boot: style.mark === "child" ? String(disk.isMarked) : undefined,
            Connection: connection(disk, style, index),
          }),
    ),
    `</${o}VirtualHardwareSection>`,
    ...sections,
    `</${o}VirtualSystem></${o}Envelope>`,
  ].join(lineEnd);
}

/** VMware's sections name drives, one after another. */
function sectionsSuffice(disks: readonly ModelDisk[]): boolean {
  const ordered = disks.filter(({ bootOrder = 0 }) => bootOrder > 0);
  return (
    ordered.every(({ drive }) => drive !== undefined) &&
    new Set(ordered.map(({ bootOrder }) => bootOrder)).size === ordered.length
  );
}

function connection(disk: ModelDisk, { device, mark }: Style, index: number): string | undefined {
  const parts = [
    ...(device === "Connection" && disk.address !== undefined ? [`device=${disk.address}`] : []),
    ...(mark === "connection" ? [`bootable=${disk.isMarked ? "True" : "False"}`] : []),
  ];
  return parts.length === 0 ? undefined : [`d${index}`, ...parts].join(",");
}

function href(index: number, style: Style): string {
  const name = `disk-${index}.vmdk`;
  return {
    plain: name,
    dot: `././${name}`,
    upper: name.toUpperCase(),
    encoded: `%64isk%2D${index}.vmdk`,
  }[style.href];
}

function digest(word: string, content: string): string {
  const bits = /1(?=\()|256|384|512/.exec(word)?.[0] ?? "1";
  return createHash(`sha${bits}`).update(content).digest("hex");
}
