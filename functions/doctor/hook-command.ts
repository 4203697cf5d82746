import { basename } from "node:path";

/** What the command in VMCATCHER_CACHE_EVENT calls; vmcatcher gives it to `/bin/sh -c`. */
export type HookCommand =
  | {
      readonly kind: "script";
      /** A path, or a name to be found in PATH. */
      readonly program: string;
      /** Whether a shell is told to read it, so that it need not be executable. */
      readonly interpreted: boolean;
    }
  /** `vmcatcher-one hook`, which runs its own copy. */
  | { readonly kind: "own"; readonly program: string }
  | { readonly kind: "predecessor" }
  /** It contains what only a shell can tell. */
  | { readonly kind: "unknown" };

export function hookCommandOf(command: string): HookCommand {
  if (command.includes("vmcatcher_eventHndl")) {
    return { kind: "predecessor" };
  }
  if (/[$`;&|<>(){}*?\\"']/.test(command)) {
    return { kind: "unknown" };
  }
  const [first = "", second] = command.trim().split(/\s+/);
  if (second === "hook" && /^vmcatcher-one(\.js)?$/.test(basename(first))) {
    return { kind: "own", program: first };
  }
  const interpreted = SHELLS.has(basename(first)) && second?.startsWith("/") === true;
  return { kind: "script", program: interpreted ? second : first, interpreted };
}

const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "ash", "ksh"]);
