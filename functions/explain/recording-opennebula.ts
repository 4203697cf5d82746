import { errorText } from "../shared/log/error-text.ts";
import { imagesOf } from "../shared/opennebula/pool-index.ts";
import type { Image, OpenNebula } from "../shared/opennebula/opennebula.ts";
import { NEW_IMAGE, type RecordedCall } from "./recorded-call.ts";
import { isNew, RehearsedPool } from "./rehearsed-pool.ts";

/** What a call is, before anybody has said why it is made. */
export type BareCall = Omit<RecordedCall, "function" | "why">;

/**
 * An OpenNebula that is asked for real and changed in a rehearsal only: the pool is read once, calls that would change
 * something are recorded and change a copy.
 * @param record told of each such call, with the image as it was before
 */
export async function recordingOpenNebula(
  real: OpenNebula,
  record: (call: BareCall, before: Image | undefined) => void,
  signal: AbortSignal,
): Promise<OpenNebula> {
  const [images, account] = await Promise.all([real.images(signal), real.account(signal)]);
  const pool = new RehearsedPool(images, {
    uid: account.uid,
    gid: account.groupIds[0] ?? 0,
    uname: account.name,
    gname: "",
  });

  const recorded = <Result>(
    call: BareCall,
    before: Image | undefined,
    effect: () => Result,
  ): Result => {
    try {
      const result = effect();
      record(call, before);
      return result;
    } catch (error) {
      record({ ...call, refused: errorText(error) }, before);
      throw error;
    }
  };
  const change = async (
    method: string,
    id: number,
    given: RecordedCall["arguments"],
    effect: () => void,
  ): Promise<void> => {
    const image = isNew(id) ? NEW_IMAGE : id;
    recorded({ method, image, arguments: given }, pool.get(id), effect);
  };

  return {
    version: (stop) => real.version(stop),
    account: async () => account,
    datastores: (stop) => real.datastores(stop),
    images: async () => pool.all(),
    imagesOf: async (identifier) => imagesOf(identifier, pool.all()),
    // One that the pool did not show may have been made since, or may not be ours to see in a list.
    image: async (id, stop) => pool.get(id) ?? (isNew(id) ? undefined : await real.image(id, stop)),
    allocate: async (image) => {
      const given = { ...image, attributes: Object.fromEntries(image.attributes) };
      const call = { method: "one.image.allocate", arguments: given };
      return recorded(call, undefined, () => pool.add(image));
    },
    rename: (id, name) => change("one.image.rename", id, { name }, () => pool.rename(id, name)),
    chown: (id, uid, gid) =>
      change("one.image.chown", id, { uid, gid }, () => pool.chown(id, uid, gid)),
    chmod: (id, mode) => change("one.image.chmod", id, { mode }, () => pool.chmod(id, mode)),
    enable: (id, enabled) =>
      change("one.image.enable", id, { enabled }, () => pool.enable(id, enabled)),
    append: async (id, attributes) => {
      if (attributes.size > 0) {
        await change("one.image.update", id, { attributes: Object.fromEntries(attributes) }, () =>
          pool.append(id, attributes),
        );
      }
    },
    delete: (id, force) => change("one.image.delete", id, { force }, () => pool.delete(id)),
  };
}
