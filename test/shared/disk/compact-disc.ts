/** Where the descriptors of a CD begin. */
export const DESCRIPTORS_AT = 32_768;

/** A primary volume descriptor, and behind it the directory that it calls the root. */
export function descriptors(volumeBlocks = 200): Buffer {
  const BLOCK = 2048;
  const primary = Buffer.alloc(BLOCK);
  primary.write("\x01CD001\x01", 0, "latin1");
  both32(primary, 80, volumeBlocks);
  for (const [at, value] of [
    [120, 1],
    [124, 1],
    [128, BLOCK],
  ] as const) {
    primary.writeUInt16LE(value, at);
    primary.writeUInt16BE(value, at + 2);
  }
  both32(primary, 132, 10);
  const root = Buffer.alloc(34);
  root.writeUInt8(34, 0);
  both32(root, 2, 18); // blocks from the beginning of the CD
  both32(root, 10, BLOCK);
  root.writeUInt8(2, 25);
  root.writeUInt8(1, 32);
  root.copy(primary, 156);
  const terminator = Buffer.alloc(BLOCK);
  terminator.write("\xFFCD001\x01", 0, "latin1");
  return Buffer.concat([primary, terminator, root, Buffer.alloc(BLOCK - root.length)]);
}

function both32(buffer: Buffer, at: number, value: number): void {
  buffer.writeUInt32LE(value, at);
  buffer.writeUInt32BE(value, at + 4);
}
