import { sha512Digest } from "../../job/digest.ts";
import type { Endorsed } from "../endorsement/endorsement.ts";
import type { IndexEntry } from "./index-file.ts";

/** What an entry of the index itself says of its image: as of the day of the download. */
export function endorsedImage(identifier: string, entry: IndexEntry, since: Date): Endorsed {
  const text = (key: string) => textOf(entry[key]);
  return {
    identifier,
    digest: sha512Digest(entry.sha512),
    title: text("dc:title"),
    version: text("hv:image.hv:version"),
    expires: text("hv:image.dc:date:expires"),
    list: text("hv:imagelist.dc:identifier"),
    since,
    ramMinimum: text("hv:image.hv:ram_minimum"),
    ramRecommended: text("hv:image.ad:ram_recommended"),
    coreMinimum: text("hv:image.hv:core_minimum"),
    coreRecommended: text("hv:image.ad:core_recommended"),
  };
}

/** As vmcatcher's `str()`; what is empty or null counts as absent, and so does what is no text at all. */
export function textOf(value: unknown): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" && text !== "None" ? text : undefined;
}
