import { attributeOf, elementsNamed, type Element } from "./ovf-xml.ts";

/**
 * Whether an element says of itself that it boots, as an attribute or as a child: `boot` of oVirt, Home Assistant and PowerVC,
 * `isBootable` of XenServer.
 */
export function isMarked(element: Element): boolean {
  return MARKS.some((name) => valuesOf(element, name).some((value) => TRUE.test(value)));
}

/** The place of an element in the order of what boots: `BootOrder` of oVirt, which counts from 1 and writes 0 for none. */
export function numberInOrder(element: Element): number | undefined {
  return valuesOf(element, "bootorder")
    .filter((value) => /^\d{1,9}$/.test(value))
    .map(Number)
    .find((value) => value > 0);
}

/** The places of drives in VMware's boot order, from 1, by their `InstanceID`. */
export function bootSections(envelope: Element): ReadonlyMap<string, number> {
  const drives = elementsNamed(envelope, "BootOrderSection")
    .filter((section) => ["", "disk"].includes(attributeOf(section, "type").toLowerCase()))
    .map((section) => attributeOf(section, "instanceId"))
    .filter((id) => id !== "");
  return new Map(drives.map((id, index) => [id, index + 1] as const).toReversed());
}

const MARKS = ["boot", "isbootable", "bootable"];
const TRUE = /^(?:true|1|yes)$/i;

function valuesOf(element: Element, lowerName: string): readonly string[] {
  const children = element.children.map(({ name, text }) => [name, text] as const);
  return [...element.attributes, ...children]
    .filter(([name]) => name.toLowerCase() === lowerName)
    .map(([, value]) => value.trim());
}
