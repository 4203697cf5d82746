import { EventEmitter } from "node:events";
import { fstatSync, ftruncateSync, openSync, readSync, writeSync, closeSync } from "node:fs";
import * as z from "zod";
import { currentProcess } from "../simulated-process.ts";
import { disk, diskOperation } from "./disk-operation.ts";

/*
 * The one program that a conversion starts, `qemu-img convert`, as a model: a fixed VHD becomes what it holds, in two writes with virtual
 * time between them. It dies with its process, fails on a full disk and ends when it is told to. What the real one does with real
 * images is tested elsewhere.
 */

/** As of execa, with what is looked at. */
export class ExecaError extends Error {
  readonly stderr: string;
  readonly timedOut = false;
  readonly exitCode = 1;
  readonly signal = undefined;
  readonly shortMessage = "the model of qemu-img failed";

  constructor(stderr: string) {
    super(stderr);
    this.stderr = stderr;
  }
}

/** What the functions give. */
interface Options {
  readonly stdio?: readonly unknown[];
  readonly cancelSignal?: AbortSignal;
}

/** Starts the model; anything but a conversion is the question whether Landlock is to be had, which is denied. */
export function execa(
  _program: string,
  args: readonly string[],
  options: Options,
): Promise<unknown> & { readonly stdout: EventEmitter } {
  const stdout = new EventEmitter();
  const running = args.includes("convert")
    ? convert(args, options, stdout)
    : Promise.resolve({ exitCode: 1 });
  return Object.assign(running, { stdout });
}

async function convert(
  args: readonly string[],
  { stdio, cancelSignal }: Options,
  stdout: EventEmitter,
): Promise<void> {
  const source = descriptorSchema.parse(stdio?.[3]).value;
  const target = args.at(-1) ?? "";
  const wanted = guestBytes(args.at(-2) ?? "");
  const { random } = currentProcess().machinery;
  const seconds = random.chance(0.3) ? random.magnitude(60, 3 * 3600) : random.magnitude(0.1, 30);
  const content = Buffer.alloc(Math.min(wanted, fstatSync(source).size - FOOTER_BYTES));
  readSync(source, content, 0, content.length, 0);
  await pause(seconds * 500, cancelSignal);
  await write(target, content.subarray(0, content.length / 2));
  stdout.emit("data", Buffer.from("    (50.00/100%)\r"));
  await pause(seconds * 500, cancelSignal);
  await write(target, content);
}

const FOOTER_BYTES = 512;

const descriptorSchema = z.object({ value: z.int() });

/** The beginning of the guest's disk alone, or all of it. */
function guestBytes(image: string): number {
  const node = z
    .object({ driver: z.string(), size: z.int().optional() })
    .parse(JSON.parse(image.replace(/^json:/, "")));
  return node.driver === "raw" ? (node.size ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
}

async function pause(milliseconds: number, cancelSignal: AbortSignal | undefined): Promise<void> {
  const cancelled = new Promise<never>((_resolve, reject) => {
    const cancel = (): void => reject(new ExecaError("cancelled"));
    if (cancelSignal?.aborted === true) {
      cancel();
    }
    cancelSignal?.addEventListener("abort", cancel, { once: true });
  });
  await Promise.race([cancelled, currentProcess().settled(milliseconds, () => undefined)]);
}

async function write(path: string, content: Buffer): Promise<void> {
  if (disk.full) {
    throw new ExecaError("qemu-img: error while writing: No space left on device");
  }
  await diskOperation("qemu-img", "reads", () => {
    const fd = openSync(path, "r+");
    try {
      writeSync(fd, content, 0, content.length, 0);
      ftruncateSync(fd, content.length);
    } finally {
      closeSync(fd);
    }
  });
}
