import type { Image } from "./image.ts";

/** An image as plain data; nothing in it changes later. */
export interface ImageSnapshot extends Readonly<
  Omit<Image, "mode" | "vms" | "clones" | "cloningId" | "template" | "previousState">
> {
  /** Three octal digits. */
  readonly mode: string;
  /** Ids of the VMs that use it. */
  readonly vms: readonly number[];
  /** The single attributes of TEMPLATE. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What an image is at this moment. */
export function snapshot(image: Image): ImageSnapshot {
  const { mode, vms, template, clones: _, cloningId: __, previousState: ___, ...rest } = image;
  const attributes = [...template].filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return {
    ...rest,
    mode: mode.toString(8).padStart(3, "0"),
    vms: [...vms],
    attributes: Object.fromEntries(attributes),
  };
}
