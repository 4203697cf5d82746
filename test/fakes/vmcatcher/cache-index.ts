import { createHash } from "node:crypto";
import type { Endorsed } from "./events.ts";
import { LIST_IDENTIFIER, listImage } from "./image-list.ts";

/** The text of a `cache.index` as controler.py and manged_directory.py write it: `json.dumps(sort_keys=True, indent=4)`. */
export function cacheIndex(entries: ReadonlyMap<string, Indexed>): string {
  const index = [...entries].map(([identifier, entry]) => [identifier, entryOf(entry)] as const);
  return JSON.stringify(sorted(Object.fromEntries(index)), undefined, 4);
}

/** One entry: the image as it was downloaded, and the list as it is now. */
export interface Indexed {
  readonly image: Endorsed;
  readonly message: string;
  readonly filename?: string | undefined;
  readonly tries?: number | undefined;
}

function entryOf({ image, message, filename, tries }: Indexed): Readonly<Record<string, unknown>> {
  const listed = Object.entries(listImage(image)).filter(([, value]) => value !== undefined);
  const msgHash = createHash("sha512").update(message).digest("hex");
  return {
    ...Object.fromEntries(listed.filter(([key]) => OF_THE_DATABASE.has(key))),
    ...Object.fromEntries(listed.map(([key, value]) => [`hv:image.${key}`, value])),
    uri: listImage(image)["hv:uri"],
    sha512: image.sha512,
    size: image.size,
    uuid: image.identifier,
    message,
    msgHash,
    "hv:imagelist.dc:identifier": LIST_IDENTIFIER,
    ...(image.vo === undefined ? {} : { "hv:imagelist.ad:vo": image.vo }),
    ...(filename === undefined ? {} : { filename }),
    ...(tries === undefined ? {} : { DownLoadTrys: { count: tries, msgHash } }),
  };
}

/** The columns of ImageInstance, which vmcatcher repeats without a prefix. */
const OF_THE_DATABASE: ReadonlySet<string> = new Set([
  "dc:identifier",
  "dc:title",
  "dc:description",
  "hv:uri",
  "hv:size",
  "hv:version",
  "hv:hypervisor",
  "sl:arch",
  "sl:comments",
  "sl:os",
  "sl:osversion",
  "sl:checksum:sha512",
]);

function sorted(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const keys = Object.keys(record).toSorted();
  return Object.fromEntries(
    keys.map((key) => [key, isRecord(record[key]) ? sorted(record[key]) : record[key]]),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
