import { quoted, refusal } from "./refusal.ts";

/** A disk format that can be converted. `vhd` is what qemu-img calls vpc. */
export type DiskFormat = "raw" | "qcow2" | "vmdk" | "vdi" | "vhd" | "vhdx";

/** What a list says an image is. */
export type Claim = DiskFormat | "ova";

/**
 * Reads the `hv:format` of an image list, in any of the spellings that are in use.
 * @returns undefined when the list says nothing, so that what is found counts
 * @throws GiveUp `unknown-format` for a word that names no format we know
 */
export function claimOf(text: string | undefined): Claim | undefined {
  const word = (text ?? "")
    .trim()
    .toLowerCase()
    .replace(/^\./, "")
    .replace(/\.(gz|bz2|xz|zst)$/, ""); // how it is packed is seen from its content
  if (SAYS_NOTHING.has(word)) {
    return undefined;
  }
  const claim = SPELLINGS.get(word);
  if (claim === undefined) {
    throw refusal(
      "unknown-format",
      `the list says format ${quoted(word)}, which is none that can be converted`,
    );
  }
  return claim;
}

// vmcatcher writes a JSON null as None; `.img` files are raw as often as qcow2 (Ubuntu's cloud images).
const SAYS_NOTHING = new Set(["", "none", "null", "img", "image", "disk"]);

const SPELLINGS: ReadonlyMap<string, Claim> = new Map([
  ["raw", "raw"],
  ["ova", "ova"],
  ["ovf", "ova"],
  ["qcow2", "qcow2"],
  ["qcow", "qcow2"],
  ["vmdk", "vmdk"],
  ["vdi", "vdi"],
  ["vhd", "vhd"],
  ["vpc", "vhd"],
  ["vhdx", "vhdx"],
]);
