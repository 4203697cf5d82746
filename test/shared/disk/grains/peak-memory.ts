import { readFileSync } from "node:fs";
import { Bench } from "./conversions.ts";

/* Inflates the disk in a directory in four threads, and prints the most memory that this took, in MiB. */

await Bench.at(process.argv[2] ?? "").inflateOnly(4);
// Not the resource usage: it begins with that of the process which has started this one.
const status = readFileSync("/proc/self/status", "utf8");
const peakKib = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]);
process.stdout.write(String(peakKib / 1024));
