import { RetryLater } from "../shared/step/errors.ts";

/**
 * Verifies a content while something is made of it. When the content is wrong, the making is stopped; when the making fails for
 * good, the verification goes on, because a wrong content is the better explanation.
 * @throws what `verify` throws, else what `make` throws, after both have ended; the signal's reason when aborted
 */
export async function alongside<T>(
  verify: (stop: AbortSignal) => Promise<unknown>,
  make: (stop: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const needless = new AbortController();
  const stop = AbortSignal.any([signal, needless.signal]);
  const verified = verify(stop).catch((error: unknown) => {
    needless.abort(error);
    throw error;
  });
  const made = make(stop).catch((error: unknown) => {
    if (error instanceof RetryLater) {
      needless.abort(error); // the next attempt reads it all again
    }
    throw error;
  });
  const [verification, making] = await Promise.allSettled([verified, made]);
  signal.throwIfAborted();
  if (verification.status === "rejected") {
    throw verification.reason;
  }
  if (making.status === "rejected") {
    throw making.reason;
  }
  return making.value;
}
