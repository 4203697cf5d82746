import { Command } from "commander";

/** What the list of commands says of one, and how the command itself is loaded: each loads much that the others do not need. */
interface ListedCommand {
  /** Its options and arguments, as the list shows them. */
  readonly usage?: string;
  readonly description: string;
  readonly load: () => Promise<Command>;
}

/** The commands by name, in the order of the list. */
export const commands: Readonly<Record<string, ListedCommand>> = {
  run: {
    usage: "[options] [function...]",
    description: "run functions in one process until SIGTERM: those named, or all",
    load: async () => (await import("./run.ts")).runCommand(),
  },
  hook: {
    description:
      "record the event in the environment (VMCATCHER_EVENT_*) in the spool, as vmcatcher's hook does",
    load: async () => (await import("./hook.ts")).hookCommand(),
  },
  "hook-script": {
    description: "print the hook, to be installed where vmcatcher runs",
    load: async () => (await import("./hook-script.ts")).hookScriptCommand(),
  },
  doctor: {
    usage: "[options]",
    description: "look for everything that can be wrong with the installation, and say what to do",
    load: async () => (await import("./doctor.ts")).doctorCommand(),
  },
  status: {
    usage: "[options]",
    description: "show queues, work in flight, dead letters and the images of each identifier",
    load: async () => (await import("./status.ts")).statusCommand(),
  },
  health: {
    usage: "[options]",
    description: "ask the running process whether it is alive: 0 yes, 1 no or no answer",
    load: async () => (await import("./health.ts")).healthCommand(),
  },
  "dead-letters": {
    usage: "[options]",
    description: "list the messages that were given up, with the reason",
    load: async () => (await import("./dead-letters.ts")).deadLettersCommand(),
  },
  replay: {
    usage: "[options] [id...]",
    description: "send dead letters back to the functions that gave them up",
    load: async () => (await import("./replay.ts")).replayCommand(),
  },
  clean: {
    usage: "[options]",
    description: "remove what crashes and jobs that were given up have left, as the janitor does",
    load: async () => (await import("./clean.ts")).cleanCommand(),
  },
  reconcile: {
    description:
      "compare what vmcatcher endorses with what OpenNebula holds, and enqueue the events that were lost",
    load: async () => (await import("./reconcile.ts")).reconcileCommand(),
  },
  discard: {
    usage: "[options] [id...]",
    description: "remove dead letters for good, and print them as JSON",
    load: async () => (await import("./discard.ts")).discardCommand(),
  },
  history: {
    usage: "[options] <identifier>",
    description:
      "all versions of an identifier, newest first, and what is under way or was given up",
    load: async () => (await import("./history.ts")).historyCommand(),
  },
  explain: {
    usage: "[options] <event-file|job>",
    description:
      "tell which calls to OpenNebula an event or a job would make, and why; nothing is done",
    load: async () => (await import("./explain.ts")).explainCommand(),
  },
  retire: {
    usage: "[options] <identifier>",
    description:
      "retire the live image of an identifier as an expiry does: renamed, closed, disabled",
    load: async () => (await import("./retire.ts")).retireCommand(),
  },
  inspect: {
    usage: "[options] <file>",
    description: "say whether an image file would be taken, why not, and what is in it",
    load: async () => (await import("./inspect.ts")).inspectCommand(),
  },
  demo: {
    description:
      "show the life of two images: everything is real but OpenNebula, which is simulated",
    load: async () => (await import("./demo.ts")).demoCommand(),
  },
};

/**
 * The commands for a command line: those that it names are complete, of the others there is what the list shows.
 * @param words of the command line, whatever they stand there for
 */
export function commandsFor(words: readonly string[]): Promise<Command[]> {
  return Promise.all(
    Object.entries(commands).map(async ([name, { usage, description, load }]) => {
      const command = words.includes(name) ? await load() : listed(name, usage);
      return command.description(description);
    }),
  );
}

/** For the list an argument is but a text, so `[options]` can be one. */
function listed(name: string, usage: string | undefined): Command {
  const command = new Command(name);
  return usage === undefined ? command : command.arguments(usage);
}
