import { tmpdir } from "node:os";

/** Where sites are made: on a disk in memory, where there is one. */
export const DIRECTORY = process.platform === "linux" ? "/dev/shm" : tmpdir();
