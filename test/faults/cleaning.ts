import type { TestContext } from "node:test";

/** What a test must undo at its end, last things first, each of them whatever became of the others. */
export function cleaningUpAfter(t: TestContext): AsyncDisposableStack {
  const stack = new AsyncDisposableStack();
  t.after(() => stack.disposeAsync()); // hooks of `after` themselves run first things first
  return stack;
}
