import { execa } from "execa";

/** Runs docker. @returns what it printed @throws ExecaError with what it said */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await execa("docker", args, { stdin: "ignore" })).stdout;
}

/** A compose project: the files of infra/ under a name of its own. */
export interface Project {
  /** Runs compose. @returns what it printed */
  compose(...args: readonly string[]): Promise<string>;
  /** The ids of a service's running containers, or of all. */
  containers(service?: string): Promise<readonly string[]>;
  /** Removes containers, networks and volumes. @returns what is left of them */
  down(): Promise<readonly string[]>;
}

/** @param command `["docker", "compose"]` or `["docker-compose"]` */
export function createProject(
  name: string,
  options: {
    readonly command?: readonly [string, ...string[]];
    readonly files: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  },
): Project {
  const [program, ...first] = options.command ?? ["docker", "compose"];
  const files = options.files.map((file) => `--file=infra/${file}`);
  const compose = async (...args: readonly string[]) => {
    const { env } = options;
    const given = [...first, `--project-name=${name}`, ...files, ...args];
    return (await execa(program, given, { stdin: "ignore", ...(env === undefined ? {} : { env }) }))
      .stdout;
  };
  const label = `label=com.docker.compose.project=${name}`;
  const left = async (kind: string, ...list: readonly string[]) =>
    lines(await docker(...list, "--quiet", "--filter", label)).map((id) => `${kind} ${id}`);
  return {
    compose,
    containers: async (service) => {
      const filter =
        service === undefined ? [] : ["--filter", `label=com.docker.compose.service=${service}`];
      return lines(await docker("ps", "--quiet", "--no-trunc", "--filter", label, ...filter));
    },
    down: async () => {
      await compose("down", "--volumes", "--remove-orphans", "--timeout=20");
      return [
        ...(await left("container", "ps", "--all")),
        ...(await left("network", "network", "ls")),
        ...(await left("volume", "volume", "ls")),
      ];
    },
  };
}

/** The lines of a text; none of an empty one. */
export function lines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
