import type { ListedImage } from "./vmcatcher.ts";

/** A listed image with what vmcatcher knows of its content. */
export interface Endorsed extends ListedImage {
  readonly sha512: string;
  readonly size: number;
  /** dc:identifier of the image list. */
  readonly list: string;
}

/** The VMCATCHER_EVENT_* variables of one event, as vmcatcher's launch.py sets them: an empty value is not set at all. */
export function eventVariables(
  type: string,
  session: string,
  image?: Endorsed,
  filename?: string,
): Record<string, string> {
  const values = {
    TYPE: type,
    UUID_SESSION: session,
    ...(image === undefined
      ? {}
      : {
          DC_IDENTIFIER: image.identifier,
          DC_TITLE: image.title,
          DC_DESCRIPTION: image.description,
          HV_URI: `https://repository.example.org/${image.identifier}`,
          HV_SIZE: String(image.size),
          HV_HYPERVISOR: "KVM",
          HV_VERSION: image.version,
          HV_FORMAT: image.format,
          SL_ARCH: "x86_64",
          SL_OS: "Linux",
          SL_CHECKSUM_SHA512: image.sha512,
          IL_DC_IDENTIFIER: image.list,
          VO: image.vo,
          FILENAME: filename,
        }),
  };
  const set = Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[`VMCATCHER_EVENT_${name}`, value] as const],
  );
  return Object.fromEntries(set);
}
