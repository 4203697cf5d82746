import { docker, lines } from "./docker.ts";

/** Where the processes of a container listen, as ADDRESS:PORT; without Docker's own name server. */
export async function listening(container: string): Promise<readonly string[]> {
  const tables = await docker("exec", container, "cat", "/proc/net/tcp", "/proc/net/tcp6");
  return lines(tables)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTEN)
    .map(([, local = ""]) => readable(local))
    .filter((address) => !address.startsWith("127.0.0.11:"))
    .toSorted();
}

const LISTEN = "0A";

/** `0100007F:24F8` is 127.0.0.1:9464: the address in the byte order of the machine, in words of 32 bits. */
function readable(local: string): string {
  const [address = "", port = ""] = local.split(":");
  const host = /^0+$/.test(address)
    ? ({ 8: "0.0.0.0" }[address.length] ?? "[::]")
    : [...Buffer.from(address, "hex")].toReversed().join(".");
  return `${host}:${Number.parseInt(port, 16)}`;
}
