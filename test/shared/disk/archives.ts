/** A tar header and its content, padded. */
export function member(
  name: string,
  content: Buffer | string = "",
  fields: { type?: string; size?: string } = {},
): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write("0000644\0", 100);
  header.write("0000000\0".repeat(2), 108);
  header.write(fields.size ?? `${body.length.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write("00000000000\0", 136);
  header.write(fields.type ?? "0", 156);
  header.write("ustar\x0000", 257, "latin1");
  return Buffer.concat([signed(header), body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** A pax record. */
export function pax(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (String(length).length + Buffer.byteLength(rest) !== length) {
    length = String(length).length + Buffer.byteLength(rest);
  }
  return `${length}${rest}`;
}

/** An archive of members with its end marker. */
export function archive(...members: readonly Buffer[]): Buffer {
  return Buffer.concat([...members, Buffer.alloc(1024)]);
}

/** The smallest OVF with these disks and drives. */
export function ovf(references: string, disks: string, items = ""): Buffer {
  return Buffer.from(
    `<?xml version="1.0"?><Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="urn:rasd">` +
      `<References>${references}</References><DiskSection>${disks}</DiskSection>` +
      `<VirtualSystem ovf:id="vm"><VirtualHardwareSection>${items}</VirtualHardwareSection></VirtualSystem></Envelope>`,
  );
}

/** A hardware item. */
export function item(fields: Readonly<Record<string, string | number>>): string {
  return `<Item>${Object.entries(fields)
    .map(([name, value]) => `<rasd:${name}>${value}</rasd:${name}>`)
    .join("")}</Item>`;
}

function signed(header: Buffer): Buffer {
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
