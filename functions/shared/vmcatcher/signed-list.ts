import * as z from "zod";

/** An image list as its endorser signed it. vmcatcher has checked the signature; here the text is only read. */
export interface SignedList {
  /** As the list spells it. */
  readonly expires: string | undefined;
  readonly vo: string | undefined;
  /** What the list says of an image, by its keys (`dc:title`, `hv:version`, …). */
  image(identifier: string): Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads the `message` of an index entry: S/MIME, multipart/signed, with the list as JSON in its first part.
 * @returns undefined when it is anything else
 */
export function readSignedList(message: string): SignedList | undefined {
  try {
    const { "hv:imagelist": list } = listSchema.parse(JSON.parse(signedText(message)));
    const images = new Map(
      list["hv:images"].map(({ "hv:image": image }) => [image["dc:identifier"], image]),
    );
    return {
      expires: list["dc:date:expires"],
      vo: list["ad:vo"],
      image: (identifier) => images.get(identifier),
    };
  } catch {
    return undefined;
  }
}

const text = z.string().optional().catch(undefined);

const listSchema = z.object({
  "hv:imagelist": z.object({
    "dc:date:expires": text,
    "ad:vo": text,
    "hv:images": z.array(z.object({ "hv:image": z.looseObject({ "dc:identifier": z.string() }) })),
  }),
});

/** What lies between the first two boundary lines, from its first brace on: before that may stand headers of the part. */
function signedText(message: string): string {
  const boundary = /boundary="([^"\r\n]{1,70})"/.exec(message)?.[1]; // 70 characters is what RFC 2046 allows
  const [, part = ""] = boundary === undefined ? [] : message.split(`\n--${boundary}`, 2);
  return part.slice(part.indexOf("{"));
}
