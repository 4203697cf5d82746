import { afterEach, beforeEach } from "node:test";

/**
 * What each test of the suite, or of the file, gets anew, and what is closed behind it. Only inside of a test can anything be
 * asked of it: then it is the one of that test.
 */
export function forEachTest<T extends { close(): Promise<unknown> }>(create: () => Promise<T>): T {
  let current: T | undefined;
  beforeEach(async () => {
    current = await create();
  });
  afterEach(() => current?.close());
  const none: T = Object.create(null); // stands in: everything is looked up in the current one
  return new Proxy(none, {
    get: (_target, name) => Reflect.get(current ?? fail(), name) as unknown,
  });
}

function fail(): never {
  throw new Error("asked before the first test");
}
