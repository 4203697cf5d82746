import type { Limits } from "../limits.ts";
import { quoted, refusal } from "../refusal.ts";

/**
 * Checks the descriptor inside of a sparse extent: it may describe this one extent and nothing else.
 * @returns the create type
 * @throws GiveUp `parent-disk`, `external-extent`, `bad-header`, `unsupported-subformat`
 */
export function checkEmbeddedDescriptor(text: string, { isBeside = () => false }: Beside): string {
  const descriptor = parse(text);
  checkParent(descriptor);
  const [extent, ...others] = descriptor.extents;
  if (extent === undefined || !isItself(extent) || others.length > 0) {
    const elsewhere = descriptor.extents.filter((one) => !isItself(one));
    throw refusal(
      elsewhere.length > 0 && elsewhere.every(({ type, file }) => isFile(type) && isBeside(file))
        ? "unsupported-subformat"
        : "external-extent",
      `the VMDK's data is not only in itself: ${quoted(descriptor.extents.map(({ line }) => line).join("; "))}`,
    );
  }
  const { createType } = descriptor;
  // qemu wants both, and what it takes for them is found anywhere.
  if (descriptor.parentCids.length === 0 || !/(?<!parent)CID=/.test(text)) {
    throw refusal("bad-header", "the VMDK's descriptor has no CID or no parentCID");
  }
  if (createType !== "monolithicSparse" && createType !== "streamOptimized") {
    throw refusal(
      "unsupported-subformat",
      `VMDK type ${quoted(createType)}: only monolithicSparse and streamOptimized are taken`,
    );
  }
  return createType;
}

/** Says why a VMDK that is nothing but a descriptor is refused: all that it describes is in other files. */
export function refuseDescriptor(text: string, { isBeside = isBare }: Beside): Error {
  const descriptor = parse(text);
  checkParent(descriptor);
  const outside = descriptor.extents.find(
    ({ type, file }) => type !== "ZERO" && !(isFile(type) && isBeside(file)),
  );
  if (outside !== undefined) {
    return refusal(
      "external-extent",
      `the VMDK is a description of other files: ${quoted(outside.line)}`,
    );
  }
  return refusal(
    "unsupported-subformat",
    `VMDK type ${quoted(descriptor.createType)}, a description with its data in other files: only monolithicSparse and streamOptimized are taken`,
  );
}

/** `RW 2048 FLAT "name" 0`: access, sectors, type, file, offset. */
interface Extent {
  readonly line: string;
  readonly type: string;
  readonly file: string;
}

/** What lies beside a VMDK, when somebody knows. */
type Beside = Pick<Limits, "isBeside">;

interface Descriptor {
  readonly createType: string;
  readonly parentCids: readonly string[];
  readonly hasParentHint: boolean;
  readonly extents: readonly Extent[];
}

const NO_PARENT = "ffffffff";

/**
 * Takes the most suspicious reading wherever readers could differ: keys in any case and with any blanks, what names a parent
 * anywhere in the text (qemu looks for it with strstr), and every line that begins as an extent is one, however it goes on.
 */
function parse(text: string): Descriptor {
  let createType = "";
  const extents: Extent[] = [];
  for (const line of text.split(/[\r\n]+/)) {
    createType = /^\s*createType\s*=\s*"?([^"]*)"?/i.exec(line)?.[1] ?? createType;
    const extent = /^\s*(?:RW|RDONLY|NOACCESS)\s+\S+\s+(\S+)(.*)$/i.exec(line);
    if (extent !== null) {
      extents.push({
        line: line.trim(),
        type: extent[1]?.toUpperCase() ?? "",
        file: /"([^"]*)"/.exec(extent[2] ?? "")?.[1] ?? extent[2] ?? "",
      });
    }
  }
  const parentCids = text.matchAll(/parentCID\s*=\s*"?\s*([0-9a-z]*)/gi);
  return {
    createType,
    parentCids: [...parentCids].map(([, cid]) => (cid ?? "").toLowerCase()),
    hasParentHint: /parentFileNameHint/i.test(text),
    extents,
  };
}

/** The extent that a sparse VMDK is, under whatever name it once had. */
function isItself({ type, file }: Extent): boolean {
  return type === "SPARSE" && isBare(file);
}

function isBare(file: string): boolean {
  return !file.includes("/");
}

function isFile(type: string): boolean {
  return !type.includes("DEVICE");
}

function checkParent({ parentCids, hasParentHint }: Descriptor): void {
  if (parentCids.some((cid) => cid !== NO_PARENT) || hasParentHint) {
    throw refusal("parent-disk", "the VMDK is a difference to another disk");
  }
}
