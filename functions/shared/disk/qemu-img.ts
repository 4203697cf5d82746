import type { FileHandle } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { execa, ExecaError } from "execa";
import { RetryLater } from "../step/errors.ts";
import { caged, programEnvironment } from "./cage.ts";
import type { DiskFormat } from "./known-formats.ts";
import type { Range } from "./reader.ts";
import { quoted, refusal } from "./refusal.ts";

/** A disk that has been inspected, in a file that is still open. */
export interface DiskSource {
  readonly handle: FileHandle;
  readonly format: DiskFormat;
  /** The part of the file that is the disk; absent for the whole file. */
  readonly range?: Range;
  /** As of `Disk`. */
  readonly driverOptions?: Readonly<Record<string, string>>;
}

/** What to make of it. */
export interface Conversion {
  readonly source: DiskSource;
  /** Only this part of the guest's disk. */
  readonly guestRange?: Range;
  /** An existing file, absolute path; its content is replaced and its mode stays. */
  readonly target: string;
  readonly format: "raw" | "qcow2";
  readonly virtualSizeBytes: number;
  readonly timeoutSeconds: number;
  /** 0 to 100, about a hundred times. */
  readonly onProgress?: (percent: number) => void;
}

/**
 * Converts a disk with qemu-img. Nothing is probed: the format is explicit, a backing file is none, and the input is the
 * descriptor of what was inspected, so that no name from outside reaches a command line. The result is complete when this
 * returns, but not yet on stable storage.
 * @throws GiveUp `corrupt` (qemu-img could not read the disk), `conversion-failed`, `conversion-timeout`
 * @throws RetryLater without space, without qemu-img, or when something killed it
 * @throws the signal's reason when aborted; qemu-img has ended then
 */
export async function convertDisk(conversion: Conversion, signal: AbortSignal): Promise<void> {
  const { source, target, format, virtualSizeBytes, timeoutSeconds, onProgress } = conversion;
  signal.throwIfAborted();
  const [program, ...cage] = await caged("qemu-img", {
    addressSpaceBytes: ADDRESS_SPACE_BYTES,
    // qcow2 adds about 1/6500 of tables.
    fileBytes: Math.ceil(virtualSizeBytes * 1.001) + 16 * 2 ** 20,
    cpuSeconds: timeoutSeconds * availableParallelism(),
    readable: [SOURCE_PATH],
    writable: [target],
  });
  const { fd } = source.handle;
  if (!isDescriptor(fd)) {
    throw new RangeError(`${fd} is no descriptor of an open image`);
  }
  const image = `json:${JSON.stringify(inputOf(conversion))}`;
  // One process: with these it reads, inflates (qcow2) and writes on several cores. Two, each with a half of a compressed qcow2, took
  // no less time on two cores. What it inflates on one core, the grains of a VMDK, does not come here.
  const options = ["convert", "-p", "-m", "16", "-W", "-O", format, image, target];
  const running = execa(program, [...cage, ...options], {
    stdio: ["ignore", "pipe", "pipe", { value: fd, input: true }],
    extendEnv: false,
    env: programEnvironment(),
    buffer: { stdout: false },
    maxBuffer: MAX_STDERR_CHARACTERS,
    timeout: timeoutSeconds * 1000,
    cancelSignal: signal,
    killSignal: "SIGKILL", // its output is thrown away in any case
  });
  running.stdout.on("data", (chunk: Buffer) => {
    const percent = progressOf(chunk.toString("latin1"));
    if (percent !== undefined) {
      onProgress?.(percent);
    }
  });
  try {
    await running;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ExecaError ? explain(error, timeoutSeconds) : error;
  }
}

/**
 * The latest percentage in a piece of `qemu-img -p` output: `    (12.34/100%)\r`. Lines do not exist there until the end, so
 * this takes pieces as they come; one that is cut in two is missed, the next one is not.
 */
export function progressOf(output: string): number | undefined {
  const percent = [...output.matchAll(/\((\d{1,3}\.\d+)\/100%\)/g)].at(-1)?.[1];
  return percent === undefined ? undefined : Number(percent);
}

const ADDRESS_SPACE_BYTES = 4 * 2 ** 30; // 1 GiB is too little for 16 coroutines on qcow2
const MAX_STDERR_CHARACTERS = 1_000_000;
const SECTOR = 512;
/** The descriptor that it inherits. */
const SOURCE_PATH = "/proc/self/fd/3";
const DRIVERS = {
  raw: "raw",
  qcow2: "qcow2",
  vmdk: "vmdk",
  vdi: "vdi",
  vhd: "vpc",
  vhdx: "vhdx",
} satisfies Record<DiskFormat, string>;

/** execa takes any open descriptor (it hands it to spawn), but its types name only the first few. */
function isDescriptor(fd: number): fd is 3 {
  return Number.isInteger(fd) && fd > 2;
}

type BlockNode = Readonly<Record<string, unknown>>;

function inputOf({ source, guestRange }: Conversion): BlockNode {
  const { format, range, driverOptions } = source;
  const file = { driver: "file", filename: SOURCE_PATH };
  const disk = {
    driver: DRIVERS[format],
    file: range === undefined ? file : windowNode(range, file),
    ...driverOptions,
    ...(format === "qcow2" || format === "vmdk" ? { backing: null } : {}),
  };
  return guestRange === undefined ? disk : windowNode(guestRange, disk);
}

/** qemu's raw driver wants whole sectors; behind a member of a tar archive there is its padding. */
function windowNode({ offset, size }: Range, file: BlockNode): BlockNode {
  return { driver: "raw", offset, size: Math.ceil(size / SECTOR) * SECTOR, file };
}

function explain(error: ExecaError, timeoutSeconds: number): Error {
  const tail = String(error.stderr ?? "")
    .trim()
    .split("\n")
    .slice(-3)
    .join("; ");
  if (error.timedOut || error.signal === "SIGXCPU") {
    return refusal(
      "conversion-timeout",
      `qemu-img did not end within ${timeoutSeconds} seconds`,
      {},
      error,
    );
  }
  if (/No space left on device|Disk quota exceeded/.test(tail)) {
    return new RetryLater(`qemu-img found no space: ${quoted(tail)}`, { cause: error });
  }
  if (error.signal === "SIGKILL" || error.signal === "SIGTERM" || error.signal === "SIGHUP") {
    return new RetryLater(`qemu-img was killed by ${error.signal}`, { cause: error });
  }
  if (tail.includes("error while reading")) {
    return refusal("corrupt", `qemu-img could not read the disk: ${quoted(tail)}`, {}, error);
  }
  const end =
    error.exitCode === undefined
      ? `was ended by ${error.signal ?? error.shortMessage}`
      : `ended with ${error.exitCode}`;
  return refusal("conversion-failed", `qemu-img ${end}: ${quoted(tail)}`, {}, error);
}
