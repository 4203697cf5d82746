import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { posix } from "node:path";
import { execa } from "execa";
import type { Finding } from "../../functions/shared/disk/finding.ts";

/**
 * Asks tar about an archive in which we have found a disk: it must have one descriptor, and under the name of the disk the bytes
 * that we take, however often other names come.
 * @returns what is wrong with us, if anything
 */
export async function ovaFault(
  bytes: Buffer,
  finding: Finding,
  path: string,
): Promise<string | undefined> {
  const { container, member, chosenBy, otherDisks, warnings, pieces } = finding;
  if (container === undefined || member === undefined) {
    return chosenBy === undefined ? undefined : `chosen by ${chosenBy} of no container`;
  }
  const isUnknown = warnings.some(({ code }) => code === "boot-disk-unknown");
  if (isUnknown !== (chosenBy === "document order") || (isUnknown && otherDisks.length === 0)) {
    return `chosen by ${chosenBy} of ${otherDisks.length + 1} disks, warnings ${JSON.stringify(warnings)}`;
  }
  await writeFile(path, bytes);
  const files = await extracted(path);
  const descriptors = [...files.keys()].filter(
    (name) => name.endsWith(".ovf") && !/(?:^|\/)(?:\._[^/]*$|__macosx\/)/.test(name),
  );
  const folder = posix.dirname(descriptors[0] ?? "");
  const disk = keyOf(posix.join(folder, member));
  const names =
    files.has(disk) && pieces.length === 1
      ? [disk]
      : pieces.map((_, index) => `${disk}.${String(index).padStart(9, "0")}`);
  const ours = pieces.map(({ offset, size }) => sha256(bytes.subarray(offset, offset + size)));
  const theirs = names.map((name) => (files.get(name) ?? []).join(" and "));
  return descriptors.length === 1 && ours.join(" ") === theirs.join(" ")
    ? undefined
    : `we take ${ours.join(" ")}, tar has ${theirs.join(" ")} as ${names.join(" ")}, descriptors ${descriptors.join(" ")}`;
}

/** The digests of all files of an archive, by name, as tar gives them out. */
async function extracted(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const perFile = `sha256sum; printf '%s\\n' "$TAR_FILENAME"`;
  // It fails for an owner or a mode that is no number, and gives out the file all the same.
  const arguments_ = ["-xf", path, `--to-command=${perFile}`];
  const { stdout } = await execa("tar", arguments_, { reject: false });
  const lines = stdout.split("\n");
  const files = new Map<string, string[]>();
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const name = keyOf(posix.normalize(lines[at + 1] ?? ""));
    files.set(name, [...(files.get(name) ?? []), (lines[at] ?? "").split(" ")[0] ?? ""]);
  }
  return files;
}

function keyOf(name: string): string {
  return name.normalize().toLowerCase();
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
