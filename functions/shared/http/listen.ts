import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError, type Address } from "../settings/config.ts";
import { errorText } from "../log/error-text.ts";
import { systemCode } from "../files/system-code.ts";
import type { Log } from "../log/log.ts";

/** A server that listens. */
export interface Listening {
  /** With the port that the system chose where the setting says 0. */
  readonly url: string;
  /** Ends every connection, also those that are in use. */
  close(): Promise<void>;
}

/**
 * Lets a server listen where a setting says.
 * @param setting its name, for the error
 * @throws ConfigError when the address cannot be listened on
 */
export async function listen(
  server: Server,
  address: Address,
  { setting, log }: { readonly setting: string; readonly log: Log },
): Promise<Listening> {
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(address, resolve);
  try {
    await listening;
  } catch (error) {
    throw new ConfigError([`${setting}: ${addressProblem(address, error)}`]);
  }
  server.off("error", reject);
  server.on("error", (error) => log.warn({ error: error.message }, `the server of ${setting}`));
  return {
    url: `http://${hostPort(server.address() ?? address)}`,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

function addressProblem(address: Address, error: unknown): string {
  const inUse = systemCode(error) === "EADDRINUSE";
  const why = inUse
    ? "is in use; give each process of a host its own address"
    : `cannot be listened on (${errorText(error)}); name another address`;
  return `${hostPort(address)} ${why}, or off`;
}

function hostPort(address: AddressInfo | Address | string): string {
  if (typeof address === "string") {
    return address; // a pipe; never here, but Node's type has it
  }
  const host = "host" in address ? address.host : address.address;
  return `${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}
