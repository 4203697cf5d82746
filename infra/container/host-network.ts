import { readFile, readdir, writeFile } from "node:fs/promises";
import { execa } from "execa";

/**
 * Remembers what a Docker engine changes in the network of the host and leaves so when it ends: its bridges, its rules, and
 * forwarding. Call it before the engine starts.
 * @returns puts all of it back; does nothing where another engine runs, whose rules these are too
 */
export async function rememberNetwork(): Promise<() => Promise<void>> {
  const interfaces = await interfaceNames();
  const rules = (await execa("iptables-save")).stdout;
  const forwarding = await readFile(FORWARDING, "utf8");
  if (await anEngineRuns()) {
    return async () => undefined;
  }
  return async () => {
    for (const name of await interfaceNames()) {
      if (!interfaces.has(name)) {
        await execa("ip", ["link", "delete", name]);
      }
    }
    await execa("iptables-restore", { input: `${rules}\n${missingTables(rules)}` });
    await writeFile(FORWARDING, forwarding);
  };
}

const FORWARDING = "/proc/sys/net/ipv4/ip_forward";

async function anEngineRuns(): Promise<boolean> {
  return !(await execa("pidof", ["dockerd"], { reject: false })).failed;
}

async function interfaceNames(): Promise<ReadonlySet<string>> {
  return new Set(await readdir("/sys/class/net"));
}

/** A table that was not in use is not among the saved ones, and so would stay as the engine has left it. */
function missingTables(rules: string): string {
  const chains = {
    filter: ["INPUT", "FORWARD", "OUTPUT"],
    nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  };
  return Object.entries(chains)
    .filter(([table]) => !rules.includes(`*${table}\n`))
    .map(
      ([table, names]) => `*${table}\n${names.map((name) => `:${name} ACCEPT\n`).join("")}COMMIT\n`,
    )
    .join("");
}
