import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";

/** What is still there of something that lived in a directory: processes that were started with its name, mounts, files. */
export async function findLeftovers(directory: string): Promise<readonly string[]> {
  const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  return [
    ...(existsSync(directory) ? [`directory ${directory}`] : []),
    ...mounts.filter((line) => line.includes(directory)).map((line) => `mount ${line}`),
    ...(await processesOf(directory)),
  ];
}

async function processesOf(directory: string): Promise<readonly string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    ids.map(async (id) => {
      const command = await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => ""); // it has just ended
      return command.includes(directory) ? [`process ${id} ${command.replaceAll("\0", " ")}`] : [];
    }),
  );
  return commands.flat();
}
