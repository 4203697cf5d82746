/** An entry of a partition table, in sectors. */
export interface Entry {
  readonly flag?: number;
  readonly type?: number;
  readonly start: number;
  readonly sectors: number;
}

/** A master boot record. @param code what it begins with, up to 446 bytes; a character of a string is a byte */
export function bootSector(code: Buffer | string, ...entries: readonly Entry[]): Buffer {
  const sector = Buffer.alloc(512);
  const bytes = typeof code === "string" ? Buffer.from(code, "latin1") : code;
  bytes.copy(sector, 0, 0, 446);
  for (const [index, { flag = 0, type = 0x83, start, sectors }] of entries.entries()) {
    const at = 446 + 16 * index;
    sector.writeUInt8(flag, at);
    sector.writeUInt8(type, at + 4);
    sector.writeUInt32LE(start, at + 8);
    sector.writeUInt32LE(sectors, at + 12);
  }
  sector.writeUInt16BE(0x55aa, 510);
  return sector;
}
