import { cleanText } from "../opennebula/template.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { JOB } from "./attributes.ts";

type Attributes = Readonly<Record<string, string>>;

/**
 * The attributes of a live image that are other than what is announced for the same content: a list may be signed anew with
 * another title, version or description, and the content stays.
 *
 * What tells of the event that made the image stays as it is: who looks for that event finds it by these. A DESCRIPTION that a
 * person has written stays too. An image of the predecessor counts as it stands: a text that it has is corrected, but nothing is
 * added or taken away.
 * @returns what to append to the image; an empty text for what is announced no more
 */
export function changedAttributes(
  announced: Attributes,
  image: Image,
): ReadonlyMap<string, string> {
  const ours = image.attributes.has(JOB);
  const changed = new Map<string, string>();
  for (const name of new Set([...Object.keys(announced), ...OPTIONAL])) {
    const known = image.attributes.get(name) ?? "";
    const text = cleanText(announced[name] ?? "");
    const counts = ours || (text !== "" && known !== "" && known !== "None");
    if (counts && text !== known && !OF_THE_EVENT.has(name)) {
      changed.set(name, text);
    }
  }
  const before = description(Object.fromEntries(image.attributes));
  const after = description(announced);
  if (after !== undefined && after !== before && image.attributes.get("DESCRIPTION") === before) {
    changed.set("DESCRIPTION", after);
  }
  return changed;
}

const OF_THE_EVENT: ReadonlySet<string> = new Set([
  "VMCATCHER_EVENT_TYPE",
  "VMCATCHER_EVENT_UUID_SESSION",
  "VMCATCHER_EVENT_FILENAME",
]);

/** What vmcatcher leaves out when a list says nothing. */
const OPTIONAL = [
  "AD_MPURI",
  "DC_DESCRIPTION",
  "HV_FORMAT",
  "HV_HYPERVISOR",
  "HV_VERSION",
  "SL_ARCH",
  "SL_COMMENTS",
  "SL_OS",
  "SL_OSVERSION",
  "VO",
].map((name) => `VMCATCHER_EVENT_${name}`);

function description(attributes: Attributes): string | undefined {
  const text =
    attributes["VMCATCHER_EVENT_DC_DESCRIPTION"] ?? attributes["VMCATCHER_EVENT_DC_TITLE"];
  return text === undefined ? undefined : cleanText(text);
}
