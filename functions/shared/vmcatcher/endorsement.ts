import * as z from "zod";
import { readSignedList, type SignedList } from "./signed-list.ts";

/** One image that vmcatcher endorses and holds in its cache. */
export interface Endorsement {
  readonly identifier: string;
  /** Lower-case hexadecimal. */
  readonly sha512: string;
  /** Length of the file in the cache. */
  readonly sizeBytes: number;
  /** Name of the file in the cache. */
  readonly filename: string;
  /** What an event would say of it: VMCATCHER_EVENT_* without the event's own. */
  readonly variables: Readonly<Record<string, string>>;
  /** dc:identifier of the list. */
  readonly list: string | undefined;
  /** Of the image, and of its list, as the list spells it. */
  readonly expires: string | undefined;
  readonly listExpires: string | undefined;
  /** Whether the list could be read; if not, the variables are those of the day of the download. */
  readonly listRead: boolean;
}

/** What vmcatcher must have written; everything else is looked up by name. */
export const indexEntrySchema = z.looseObject({
  sha512: z
    .string()
    .regex(/^[0-9A-Fa-f]{128}$/)
    .toLowerCase(),
  size: z.coerce.number().int().min(0),
  filename: z.string().min(1),
});
type IndexEntry = z.output<typeof indexEntrySchema>;

/**
 * Reads entries of one index. vmcatcher writes the keys of an entry when it downloads the image; when a newer list changes no
 * more than its texts, it exchanges nothing but the signed `message` (controler.py, `expire`). So the message counts where it
 * can be read, and where it still speaks of this content.
 */
export function endorsementReader(): (identifier: string, entry: IndexEntry) => Endorsement {
  const lists = new Map<string, SignedList | undefined>(); // the same message stands in each entry of a list
  const listOf = (message: string) => {
    if (!lists.has(message)) {
      lists.set(message, readSignedList(message));
    }
    return lists.get(message);
  };
  return (identifier, entry) => {
    const list = listOf(textOf(entry["message"]) ?? "");
    const image = list?.image(identifier);
    const current = textOf(image?.["sl:checksum:sha512"])?.toLowerCase() === entry.sha512;
    const from = (key: string) =>
      current ? textOf(image?.[key]) : (textOf(entry[`hv:image.${key}`]) ?? textOf(entry[key]));
    const variables = Object.entries(KEYS).flatMap(([variable, key]) => {
      const text = from(key);
      return text === undefined ? [] : [[`VMCATCHER_EVENT_${variable}`, text]];
    });
    const vo = current ? list?.vo : textOf(entry["hv:imagelist.ad:vo"]);
    const listIdentifier = textOf(entry["hv:imagelist.dc:identifier"]);
    return {
      identifier,
      sha512: entry.sha512,
      sizeBytes: entry.size,
      filename: entry.filename,
      variables: Object.fromEntries([
        ...variables,
        ["VMCATCHER_EVENT_DC_IDENTIFIER", identifier],
        ["VMCATCHER_EVENT_SL_CHECKSUM_SHA512", entry.sha512],
        ["VMCATCHER_EVENT_HV_SIZE", String(entry.size)],
        ...(listIdentifier === undefined
          ? []
          : [["VMCATCHER_EVENT_IL_DC_IDENTIFIER", listIdentifier]]),
        ...(vo === undefined || vo === "" ? [] : [["VMCATCHER_EVENT_VO", vo]]),
      ]),
      list: listIdentifier,
      expires: from("dc:date:expires"),
      listExpires: list?.expires,
      listRead: current,
    };
  };
}

/** The texts of an image, by the variable in which vmcatcher announces each (launch.py). */
const KEYS = {
  DC_TITLE: "dc:title",
  DC_DESCRIPTION: "dc:description",
  HV_URI: "hv:uri",
  HV_HYPERVISOR: "hv:hypervisor",
  HV_VERSION: "hv:version",
  HV_FORMAT: "hv:format",
  AD_MPURI: "ad:mpuri",
  SL_ARCH: "sl:arch",
  SL_OS: "sl:os",
  SL_OSVERSION: "sl:osversion",
  SL_COMMENTS: "sl:comments",
};

/** As vmcatcher's `str()`; what is empty or null is not announced. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" && text !== "None" ? text : undefined;
}
