import { readFile } from "node:fs/promises";

/** The children of a Node process that run a program now, by their ids. */
export async function childrenOf(pid: number, program: string): Promise<readonly number[]> {
  // Node starts all of them from its main thread.
  const children = await textOf(`/proc/${pid}/task/${pid}/children`);
  const found: number[] = [];
  for (const child of children.split(" ").filter((text) => text !== "")) {
    if ((await textOf(`/proc/${child}/comm`)).trim() === program) {
      found.push(Number(child));
    }
  }
  return found;
}

/** Empty when the process has just ended. */
function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
