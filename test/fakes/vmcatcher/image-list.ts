import type { Endorsed } from "./events.ts";

/** dc:identifier of the one list that the stand-in subscribes to. */
export const LIST_IDENTIFIER = "76fdee70-8119-5d33-9f40-3c57e1c60df1";

/** What a list says of an image. Events and `cache.index` are made of the same. */
export function listImage(image: Endorsed): Readonly<Record<string, string | number | undefined>> {
  return {
    "dc:identifier": image.identifier,
    "dc:title": image.title,
    "dc:description": image.description ?? "",
    "dc:date:expires": image.expires ?? "2499-12-31T22:00:00Z",
    "hv:uri": `https://repository.example.org/${image.identifier}`,
    "hv:size": image.size,
    "hv:hypervisor": "KVM",
    "hv:version": image.version,
    "hv:format": image.format,
    "hv:ram_minimum": "512",
    "sl:arch": "x86_64",
    "sl:os": "Linux",
    "sl:osversion": "",
    "sl:comments": "",
    "sl:checksum:sha512": image.sha512,
  };
}

/** The list as its endorser publishes it: `openssl smime -sign -text` of the JSON; the signature itself is made up. */
export function signedList(images: readonly Endorsed[], expires: string): string {
  const vo = images.find((image) => image.vo !== undefined)?.vo;
  const list = {
    "hv:imagelist": {
      "dc:identifier": LIST_IDENTIFIER,
      "dc:title": "a list",
      "dc:date:created": "2026-11-22T08:00:00Z",
      "dc:date:expires": expires,
      "hv:version": "1",
      ...(vo === undefined ? {} : { "ad:vo": vo }),
      "hv:images": images.map((image) => ({ "hv:image": listImage(image) })),
    },
  };
  const boundary = "----5C1D3A9E6E7B4F00A1B2C3D4E5F60718";
  return [
    "MIME-Version: 1.0",
    `Content-Type: multipart/signed; protocol="application/x-pkcs7-signature"; micalg="sha1"; boundary="${boundary}"`,
    "",
    "This is an S/MIME signed message",
    "",
    `--${boundary}`,
    "Content-Type: text/plain",
    "",
    JSON.stringify(list, undefined, 4),
    "",
    `--${boundary}`,
    'Content-Type: application/x-pkcs7-signature; name="smime.p7s"',
    "Content-Transfer-Encoding: base64",
    "",
    "MIIB",
    "",
    `--${boundary}--`,
    "",
  ].join("\n");
}
