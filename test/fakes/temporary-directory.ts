import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory that is removed with all that is in it. @param scope the test after which it is, or `{ after }` of node:test for the suite or the file */
export async function temporaryDirectory(scope: {
  after(undo: () => Promise<void>): void;
}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-test-"));
  scope.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
