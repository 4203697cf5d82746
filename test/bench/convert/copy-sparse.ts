import { execa } from "execa";

/**
 * Copies a disk as OpenNebula copies it into a datastore, at its cheapest. The driver `fs` pipes a file through `tee` and `cat`,
 * zeros included, and then digs the holes again with `fallocate -d`; the result is the same, and so dear that
 * it would flatter everything that copies less.
 */
export async function copySparse(from: string, to: string): Promise<void> {
  await execa("cp", ["--sparse=always", "--reflink=never", from, to]);
}
