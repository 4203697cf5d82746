import { Bench } from "./conversions.ts";

/* Inflates the disk in a directory in four threads, and prints the most memory that this took, in MiB. */

await Bench.at(process.argv[2] ?? "").inflateOnly(4);
process.stdout.write(String(process.resourceUsage().maxRSS / 1024));
