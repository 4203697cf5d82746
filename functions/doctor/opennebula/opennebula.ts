import { errorText } from "../../shared/log/error-text.ts";
import { RpcFault } from "../../shared/opennebula/rpc-errors.ts";
import { readSession } from "../../shared/opennebula/session.ts";
import { error, ok, type Check } from "../check.ts";
import { Unavailable } from "../unavailable.ts";

/** Whether OpenNebula answers, and takes the account. */
export const opennebula: Check = {
  name: "opennebula",
  looksAt: "the connection to OpenNebula",
  look: async ({ config, answers }) => {
    await readSession(config.oneAuthFile).catch((cause: unknown) => {
      throw new Unavailable("there is no account to ask with", "see the check one-auth", { cause });
    });
    try {
      return ok(`${config.oneXmlrpc.host} answers: ${await answers.version()}`);
    } catch (thrown) {
      return error(errorText(thrown), fixOf(thrown));
    }
  },
};

const AUTHENTICATION = 256;

function fixOf(thrown: unknown): string {
  if (!(thrown instanceof RpcFault)) {
    return "see that oned runs (systemctl status opennebula), and that ONE_XMLRPC is its endpoint: an address that oned listens on (LISTEN_ADDRESS in oned.conf), port 2633, path /RPC2";
  }
  return thrown.code === AUTHENTICATION
    ? "put the account's user:password into the file ONE_AUTH; `oneuser passwd` sets a password"
    : "look into /var/log/one/oned.log; a cluster that elects a leader answers again by itself";
}
