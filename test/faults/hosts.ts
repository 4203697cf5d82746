import { execa } from "execa";

/** Hosts on this machine, each with a network of its own, and an address of the machine that all of them reach. */
export interface Hosts {
  readonly address: string;
  readonly hosts: readonly Host[];
  remove(): Promise<void>;
}

/** A network namespace that a cable joins to the machine. */
export interface Host {
  /** To put before a command, so that it runs there. */
  readonly prefix: readonly string[];
  /** Pulls the cable, or plugs it in. What is sent meanwhile vanishes without a word. */
  connect(connected: boolean): Promise<void>;
}

/** @throws Error when this user may not: these tests need root, and to leave them out would pass for success */
export async function createHosts(count: number): Promise<Hosts> {
  const tag = `vo${process.pid % 1_000_000}`; // names of interfaces have at most 15 characters
  const net = `10.213.${process.pid % 250}`;
  const address = `${net}.254`;
  const names = Array.from({ length: count }, (_, index) => `${tag}-${index}`);
  const outside = (index: number): string => `${tag}o${index}`;
  const remove = async (): Promise<void> => {
    for (const [index, name] of names.entries()) {
      await execa("ip", ["link", "delete", outside(index)], { reject: false }); // its other end goes with it
      await execa("ip", ["netns", "delete", name], { reject: false });
    }
    await execa("ip", ["address", "delete", `${address}/32`, "dev", "lo"], { reject: false });
  };
  try {
    await ip("address", "add", `${address}/32`, "dev", "lo");
    for (const [index, name] of names.entries()) {
      const [gateway, own] = [`${net}.${4 * index + 1}`, `${net}.${4 * index + 2}`];
      const [here, there] = [outside(index), `${tag}i${index}`];
      await ip("netns", "add", name);
      await ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name);
      await ip("address", "add", `${gateway}/30`, "dev", here);
      await ip("link", "set", here, "up");
      await ip("-n", name, "address", "add", `${own}/30`, "dev", there);
      await ip("-n", name, "link", "set", there, "up");
      await ip("-n", name, "link", "set", "lo", "up");
      await ip("-n", name, "route", "add", "default", "via", gateway);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  const hosts = names.map((name, index) => ({
    prefix: ["ip", "netns", "exec", name],
    connect: (connected: boolean) => ip("link", "set", outside(index), connected ? "up" : "down"),
  }));
  return { address, hosts, remove };
}

async function ip(...args: string[]): Promise<void> {
  const { failed, stderr } = await execa("ip", args, { reject: false });
  if (failed) {
    throw new Error(`the tests of two hosts need root and ip(8): ip ${args.join(" ")}: ${stderr}`);
  }
}
