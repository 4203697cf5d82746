import * as z from "zod";
import { RpcFault, RpcTransportError } from "./rpc-errors.ts";
import { errorText } from "../log/error-text.ts";
import { parseAccount } from "./account.ts";
import type { Param } from "./codec.ts";
import { parseDatastorePool } from "./datastore.ts";
import { isMissing } from "./faults.ts";
import type { Post } from "./http-post.ts";
import { parseImage, parseImagePool } from "./image.ts";
import type { Image, OpenNebula } from "./opennebula.ts";
import { PoolIndex } from "./pool-index.ts";
import { readPool } from "./pool.ts";
import { createRpc, type CallReport } from "./rpc.ts";
import { readSession } from "./session.ts";
import { newImageTemplate, updateTemplate } from "./template.ts";

/**
 * OpenNebula over its XML-RPC interface. Nothing is read or connected before the first call.
 * Besides what the port says, methods throw TypeError for a name, path, attribute or mode that cannot be sent.
 */
export function createOpenNebula(options: {
  readonly endpoint: URL;
  /** The ONE_AUTH file. */
  readonly authFile: string;
  readonly onCall?: ((call: CallReport) => void) | undefined;
  /** Milliseconds, ever rising. */
  readonly now?: () => number;
  /** How requests travel, by HTTP by default. */
  readonly post?: Post;
}): OpenNebula {
  const rpc = createRpc({
    endpoint: options.endpoint,
    session: () => readSession(options.authFile),
    onCall: options.onCall,
    post: options.post,
    now: options.now,
  });

  /** Calls a method that answers with an XML document. */
  const read = async <Value>(
    method: string,
    params: readonly Param[],
    parse: (xml: string) => Value,
    signal: AbortSignal,
  ): Promise<Value> => {
    const xml = await rpc.call(method, params, z.string(), signal);
    try {
      return parse(xml);
    } catch (error) {
      throw new RpcTransportError(
        method,
        `${method}: the answer cannot be read: ${errorText(error)}`,
        { cause: error },
      );
    }
  };

  /** Calls a method that changes an image and answers with its id. */
  const change = async (
    method: string,
    id: number,
    params: readonly Param[],
    signal: AbortSignal,
  ): Promise<void> => {
    await rpc.call(method, [id, ...params], z.int(), signal);
  };

  const images = (signal: AbortSignal): Promise<readonly Image[]> =>
    readPool((offset, count) =>
      read("one.imagepool.info", [ALL_USABLE, offset, -count], parseImagePool, signal),
    );

  const image = async (id: number, signal: AbortSignal): Promise<Image | undefined> => {
    try {
      return await read("one.image.info", [id], parseImage, signal);
    } catch (error) {
      if (error instanceof RpcFault && isMissing(error, "image", id)) {
        return undefined;
      }
      throw error;
    }
  };

  const index = new PoolIndex({
    all: images,
    newerThan: (id, signal) =>
      read("one.imagepool.info", [ALL_USABLE, id + 1, HIGHEST_ID], parseImagePool, signal),
    image,
    now: options.now ?? (() => performance.now()),
  });

  return {
    version: (signal) => rpc.call("one.system.version", [], z.string(), signal),

    account: (signal) => read("one.user.info", [SELF], parseAccount, signal),

    datastores: (signal) => read("one.datastorepool.info", [], parseDatastorePool, signal),

    images,

    imagesOf: (identifier, signal) => index.imagesOf(identifier, signal),

    image,

    // No fourth argument: it means "check the capacity" up to 6.8 and "do not check" from 6.10 on.
    allocate: async (image, signal) =>
      rpc.call("one.image.allocate", [newImageTemplate(image), image.datastoreId], z.int(), signal),

    rename: (id, name, signal) => change("one.image.rename", id, [name], signal),

    chown: (id, uid, gid, signal) => change("one.image.chown", id, [uid, gid], signal),

    chmod: async (id, mode, signal) => change("one.image.chmod", id, permissionBits(mode), signal),

    enable: (id, enabled, signal) => change("one.image.enable", id, [enabled], signal),

    append: async (id, attributes, signal) => {
      if (attributes.size > 0) {
        await change("one.image.update", id, [updateTemplate(attributes), APPEND], signal);
      }
    },

    // Versions before 6.6 know no third argument and ignore it: they delete LOCKED images at once.
    delete: (id, force, signal) => change("one.image.delete", id, [force], signal),
  };
}

/** `one.user.info`: the user of the session. */
const SELF = -1;
/** `one.imagepool.info`: everything that the session may use. */
const ALL_USABLE = -2;
/** The end of a range of ids, both of which are included; ids are 32-bit integers. */
const HIGHEST_ID = 2 ** 31 - 1;
/** `one.image.update`: 0, the default, would replace all attributes. */
const APPEND = 1;

/** Nine numbers: USE, MANAGE, ADMIN of owner, group and others. */
function permissionBits(mode: string): number[] {
  if (!/^[0-7]{3}$/.test(mode)) {
    throw new TypeError(`'${mode}' is not a mode: it must be three octal digits`);
  }
  return Array.from(mode).flatMap((digit) =>
    [4, 2, 1].map((bit) => ((Number(digit) & bit) === 0 ? 0 : 1)),
  );
}
