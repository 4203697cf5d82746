import { extname } from "node:path";
import { Worker } from "node:worker_threads";

/**
 * Runs a thread to its end. It has ended when this returns or throws, so that the descriptors which it was given can be closed:
 * a number that is used after that would be another file.
 * @param name of its source beside `base`, which in the bundle is its entry beside the chunks; without the extension
 * @param onMessage takes what the thread posts; what it throws ends the thread
 * @throws what the thread or `onMessage` throws; the signal's reason when aborted
 */
export async function runThread(
  { name, base, task }: { readonly name: string; readonly base: string; readonly task: unknown },
  onMessage: (message: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const worker = new Worker(new URL(`./${name}${extname(base)}`, base), {
    workerData: task,
    env: {},
    execArgv: [], // ours may be flags that no thread takes
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let failure: { readonly error: unknown } | undefined;
  const end = (error: unknown) => {
    failure ??= { error };
    void worker.terminate();
  };
  const abort = () => {
    end(signal.reason);
  };
  signal.addEventListener("abort", abort);
  try {
    await new Promise<void>((resolve) => {
      worker.on("message", (message) => {
        try {
          onMessage(message);
        } catch (error) {
          end(error);
        }
      });
      worker.on("error", end);
      worker.on("exit", () => {
        resolve();
      });
    });
  } finally {
    signal.removeEventListener("abort", abort);
  }
  if (failure !== undefined) {
    throw failure.error;
  }
}

/** Their buffers are outside of it. */
const HEAP_MB = 64;
