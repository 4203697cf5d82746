import { execa, ExecaError } from "execa";
import { RetryLater } from "../../step/errors.ts";
import { caged, programEnvironment } from "../cage.ts";
import { quoted, refusal } from "../refusal.ts";
import { MAX_WINDOW_BYTES } from "./packing.ts";

/**
 * The content of xz or bzip2 data, by the program of that name in the cage, where a flaw of it can do the least harm. It reads a
 * pipe and writes a pipe: no name of a file reaches it.
 * @throws GiveUp `corrupt`, `truncated`, `table-limit`; RetryLater when the program is missing or was killed
 */
export async function* decodeByProgram(
  packing: "xz" | "bzip2",
  packed: AsyncIterable<Buffer>,
  cpuSeconds: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const [program, ...cage] = await caged(packing, {
    addressSpaceBytes: ADDRESS_SPACE_BYTES,
    fileBytes: 0, // it has only pipes
    readable: [],
    writable: [],
    cpuSeconds,
  });
  const running = execa(program, [...cage, ...ARGUMENTS[packing]], {
    stdin: packed,
    extendEnv: false,
    env: programEnvironment(),
    buffer: { stdout: false },
    maxBuffer: MAX_STDERR_CHARACTERS,
    cancelSignal: signal,
    killSignal: "SIGKILL",
    reject: false,
  });
  let isRead = false;
  try {
    for await (const chunk of running.stdout) {
      yield chunk;
    }
    isRead = true;
  } finally {
    if (!isRead) {
      running.kill("SIGKILL"); // nobody wants the rest
      await running;
    }
  }
  const result = await running;
  signal.throwIfAborted();
  if (result instanceof ExecaError) {
    throw explain(result, packing);
  }
  // bzip2 says this and ends with 0.
  if (result.stderr.includes("trailing garbage")) {
    throw refusal("corrupt", `something follows the ${packing} data`);
  }
}

const ADDRESS_SPACE_BYTES = 512 * 2 ** 20;
const MAX_STDERR_CHARACTERS = 100_000;
const XZ_MEMORY_BYTES = MAX_WINDOW_BYTES + 32 * 2 ** 20; // the dictionary, and what else it takes

const ARGUMENTS = {
  // One thread: more would take a multiple of the memory.
  xz: [
    "--decompress",
    "--stdout",
    "--format=xz",
    "--threads=1",
    `--memlimit-decompress=${XZ_MEMORY_BYTES}`,
  ],
  bzip2: ["--decompress", "--stdout"],
} satisfies Record<string, readonly string[]>;

function explain(error: ExecaError, packing: string): Error {
  if (error.exitCode === undefined && error.signal === undefined) {
    return new RetryLater(`${packing} could not be run: ${error.shortMessage}`, { cause: error });
  }
  const text = String(error.stderr ?? "").trim();
  if (error.signal === "SIGXCPU") {
    return refusal("conversion-timeout", `${packing} used all of its time`, {}, error);
  }
  if (error.signal === "SIGKILL" || error.signal === "SIGTERM" || error.signal === "SIGHUP") {
    return new RetryLater(`${packing} was killed by ${error.signal}`, { cause: error });
  }
  if (text.includes("Memory usage limit")) {
    return refusal(
      "table-limit",
      `the ${packing} data asks for more memory than ${XZ_MEMORY_BYTES} bytes`,
      { limitBytes: XZ_MEMORY_BYTES },
      error,
    );
  }
  if (/Unexpected end of input|ends unexpectedly/.test(text)) {
    return refusal("truncated", `the ${packing} data is cut off`, {}, error);
  }
  const end = error.exitCode ?? error.signal ?? "";
  return refusal(
    "corrupt",
    `the ${packing} data is damaged: ${packing} ended with ${end}: ${quoted(text)}`,
    {},
    error,
  );
}
