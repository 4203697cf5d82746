import { posix } from "node:path";
import { quoted, refusal } from "./refusal.ts";
import type { TarMember } from "./tar-index.ts";

/** The files of an OVA, as its descriptor names them. */
export interface OvaMembers {
  readonly descriptor: TarMember;
  readonly manifests: readonly TarMember[];
  /**
   * The member of a name that is relative to the descriptor.
   * @throws GiveUp `tar-duplicate` when there are two: one reader takes the first, and one the last
   */
  readonly resolve: (name: string) => TarMember | undefined;
}

/**
 * Sorts the members of an archive. Names that differ in case only are the same, as on the systems that appliances are made on; a
 * name may come twice when nothing refers to it, as oVirt's `pad` does.
 * @throws GiveUp `ovf-missing`, `ovf-multiple`, `tar-duplicate`
 */
export function ovaMembers(members: readonly TarMember[]): OvaMembers {
  const byKey = Map.groupBy(members, ({ name }) => keyOf(name));
  const sole = (name: string) => {
    const [member, ...more] = byKey.get(keyOf(name)) ?? [];
    if (more.length > 0) {
      throw refusal("tar-duplicate", `the archive has two members with the name ${quoted(name)}`);
    }
    return member;
  };
  const ending = (end: string) =>
    members
      .filter(({ name }) => name.toLowerCase().endsWith(end) && !isAppleDouble(name))
      .filter(({ name }) => sole(name) !== undefined);

  const [descriptor, ...more] = ending(".ovf");
  if (descriptor === undefined) {
    throw refusal("ovf-missing", "the archive has no OVF descriptor");
  }
  if (more.length > 0) {
    throw refusal("ovf-multiple", `the archive has ${more.length + 1} OVF descriptors`);
  }
  const folder = posix.dirname(descriptor.name);
  return {
    descriptor,
    manifests: ending(".mf"),
    resolve: (name) => sole(posix.join(folder, name)),
  };
}

/** What macOS puts beside a file in an archive: its attributes, under the file's own name. */
export function isAppleDouble(name: string): boolean {
  const parts = name.split("/");
  return parts.at(-1)?.startsWith("._") === true || parts.includes("__MACOSX");
}

function keyOf(name: string): string {
  return name.normalize().toLowerCase();
}
