import type { Endorsed, StockedImage } from "../endorsement/endorsement.ts";
import { textOf } from "./endorsed-image.ts";
import type { IndexEntry, IndexFile } from "./index-file.ts";

/** An image in vmcatcher's cache. */
export interface CachedImage extends StockedImage {
  /** Whether its list could be read; if not, the texts are those of the day of the download. */
  readonly listRead: boolean;
}

/** What vmcatcher has written of a file in its cache. */
interface CachedFile {
  readonly filename: string;
  readonly sizeBytes: number;
}

/**
 * Reads an entry of an index, and what the signed list says of its image. vmcatcher writes the keys of an entry when it downloads the
 * image; when a newer list changes no more than its texts, it exchanges nothing but the signed `message` (controler.py, `expire`). So
 * the message counts where it can be read, and where it still speaks of this content.
 */
export function stockedImage(
  endorsed: Endorsed,
  entry: IndexEntry,
  { filename, sizeBytes }: CachedFile,
  listOf: IndexFile["listOf"],
): CachedImage {
  const { identifier } = endorsed;
  const list = listOf(entry);
  const image = list?.image(identifier);
  const listRead = textOf(image?.["sl:checksum:sha512"])?.toLowerCase() === entry.sha512;
  const from = (key: string) =>
    listRead ? textOf(image?.[key]) : (textOf(entry[`hv:image.${key}`]) ?? textOf(entry[key]));
  const vo = listRead ? list?.vo : textOf(entry["hv:imagelist.ad:vo"]);
  const variables = [
    ...Object.entries(KEYS).map(([variable, key]) => [variable, from(key)] as const),
    ["DC_IDENTIFIER", identifier] as const,
    ["SL_CHECKSUM_SHA512", entry.sha512] as const,
    ["HV_SIZE", String(sizeBytes)] as const,
    ["IL_DC_IDENTIFIER", endorsed.list] as const,
    ["VO", vo === "" ? undefined : vo] as const,
  ];
  return {
    ...endorsed,
    title: from("dc:title"),
    version: from("hv:version"),
    expires: from("dc:date:expires"),
    filename,
    sizeBytes,
    variables: Object.fromEntries(
      variables.flatMap(([name, text]) =>
        text === undefined ? [] : [[`VMCATCHER_EVENT_${name}`, text]],
      ),
    ),
    listExpires: list?.expires,
    listRead,
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
