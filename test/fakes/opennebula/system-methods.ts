import type { Call } from "./call.ts";
import { CODES, OneError } from "./one-error.ts";
import { cdata, element } from "./xml-escape.ts";

/** `one.system.version(session)`. */
export function systemVersion({ world }: Call): string {
  return world.version;
}

/** `one.zone.info(session, 0)`, of a standalone front end. */
export function zoneInfo({ world, args }: Call): string {
  const id = args.int(1);
  if (id !== 0) {
    throw new OneError(CODES.noExists, `Error getting zone [${id}].`, id);
  }
  const endpoint = cdata("ENDPOINT", "http://localhost:2633/RPC2");
  const grpc = world.version === "7.4.0" ? cdata("ENDPOINT_GRPC", "localhost:2634") : "";
  const head =
    element("ID", 0) +
    element("NAME", "OpenNebula") +
    element("STATE", Number(world.zone.disabled));
  return element("ZONE", head + element("TEMPLATE", endpoint + grpc) + element("SERVER_POOL", ""));
}

/** `one.zone.raftstatus(session)`: standalone, or a candidate during an election. */
export function raftStatus({ world }: Call): string {
  const values = {
    SERVER_ID: world.zone.election ? 0 : -1,
    STATE: Number(world.zone.election),
    TERM: 0,
    VOTEDFOR: -1,
    COMMIT: 0,
    LOG_INDEX: -1,
    LOG_TERM: -1,
    FEDLOG_INDEX: -1,
  };
  return element(
    "RAFT",
    Object.entries(values)
      .map(([name, value]) => element(name, value))
      .join(""),
  );
}
