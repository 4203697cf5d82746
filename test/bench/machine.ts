import { availableParallelism, cpus, release, tmpdir, totalmem } from "node:os";
import { execa } from "execa";
import type { Machine } from "./results.ts";

/** Asks the machine. @throws ExecaError without qemu-img or df */
export async function describeMachine(): Promise<Machine> {
  const { stdout: version } = await execa("qemu-img", ["--version"]);
  const { stdout: fileSystem } = await execa("df", ["--output=fstype", tmpdir()]);
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    fileSystem: fileSystem.split("\n").at(-1) ?? "unknown",
    node: process.versions.node,
    qemuImg: /version (\S+)/.exec(version)?.[1] ?? "unknown",
  };
}

/** In one line. */
export function machineText(machine: Machine): string {
  const { processor, cores, memoryGib, kernel, fileSystem, node, qemuImg } = machine;
  return `${processor}, ${cores} cores, ${memoryGib} GiB, Linux ${kernel}, ${fileSystem}, Node.js ${node}, qemu-img ${qemuImg}`;
}
