import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import type { Site } from "./site.ts";

/** What an administrator does with new images: a user gets them, whose group may use them. @returns what they have then */
export async function giveToUser(
  { simulator, oneadmin }: Pick<Site, "simulator" | "oneadmin">,
  ...imageIds: readonly number[]
): Promise<Omit<Rights, "state">> {
  const signal = AbortSignal.timeout(60_000);
  const gid = simulator.createGroup("vo");
  const uid = simulator.createUser("alice", "alicepw", gid);
  const mode = "640";
  for (const id of imageIds) {
    await oneadmin.chown(id, uid, gid, signal);
    await oneadmin.chmod(id, mode, signal);
  }
  return { uid, gid, mode };
}

/** Whose an image is, who else may use it, and whether it can be used. */
export type Rights = Pick<Image, "uid" | "gid" | "mode" | "state">;

/** To compare them with others. */
export function rightsOf({ uid, gid, mode, state }: Image): Rights {
  return { uid, gid, mode, state };
}

/** Of an image that was superseded or has expired. */
export const LOCKED_AWAY: Rights = { uid: 0, gid: 0, mode: "700", state: "DISABLED" };
