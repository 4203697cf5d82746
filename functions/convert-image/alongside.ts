/**
 * Verifies a content while something is made of it. When the content is wrong, the making is stopped; when the making fails, the
 * verification goes on, because a wrong content is the better explanation.
 * @throws what `verify` throws, else what `make` throws, after both have ended; the signal's reason when aborted
 */
export async function alongside<T>(
  verify: (stop: AbortSignal) => Promise<void>,
  make: (stop: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const wrong = new AbortController();
  const stop = AbortSignal.any([signal, wrong.signal]);
  const verified = verify(stop).catch((error: unknown) => {
    wrong.abort(error);
    throw error;
  });
  const [verification, making] = await Promise.allSettled([verified, make(stop)]);
  signal.throwIfAborted();
  if (verification.status === "rejected") {
    throw verification.reason;
  }
  if (making.status === "rejected") {
    throw making.reason;
  }
  return making.value;
}
