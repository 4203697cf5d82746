import type { Endorsed } from "./events.ts";

/** dc:identifier of the only image list. */
export const LIST_IDENTIFIER = "76fdee70-8119-5d33-9f40-3c57e1c60df1";

/** What vmcatcher writes to `cache.index` of the images in its cache. */
export function indexOf(cached: ReadonlyMap<string, Endorsed>): unknown {
  const entries = [...cached].map(([identifier, image]): [string, unknown] => [
    identifier,
    {
      uuid: identifier,
      filename: identifier,
      sha512: image.sha512,
      size: image.size,
      uri: `https://repository.example.org/${identifier}`,
      message: "the signed list",
      msgHash: image.sha512.slice(0, 40),
      "dc:identifier": identifier,
      "dc:title": image.title,
      "hv:image.dc:identifier": identifier,
      "hv:image.dc:title": image.title,
      "hv:image.dc:date:expires": "2499-12-31T22:00:00Z",
      "hv:image.hv:ram_minimum": "512",
      "hv:imagelist.dc:identifier": image.list,
      ...(image.vo === undefined ? {} : { "hv:imagelist.ad:vo": image.vo }),
    },
  ]);
  return Object.fromEntries(entries);
}
