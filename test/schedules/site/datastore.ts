import { copyFileSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { CopyOutcome, Probe, SimulatorFiles } from "../../fakes/opennebula/ports.ts";

/** The disk of OpenNebula: real files, looked at and copied at once. What takes its time is up to the simulator's clock. */
export class Datastore implements SimulatorFiles {
  /** No copy succeeds. */
  full = false;

  async probe(path: string): Promise<Probe> {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      return { problem: "missing" };
    }
    return size === 0 ? { problem: "empty" } : { sizeMb: Math.ceil(size / 2 ** 20) };
  }

  async resolve(path: string): Promise<string | undefined> {
    try {
      return realpathSync(path);
    } catch {
      return undefined;
    }
  }

  async copy({ from, to }: { readonly from: string; readonly to: string }): Promise<CopyOutcome> {
    if (this.full) {
      return { ok: false, reason: "not writable" };
    }
    try {
      mkdirSync(dirname(to), { recursive: true });
      copyFileSync(from, to);
    } catch {
      return { ok: false, reason: "unreadable" };
    }
    return { ok: true, format: "raw", compression: undefined };
  }

  async remove(path: string): Promise<void> {
    rmSync(path, { force: true });
  }

  /** The content of a copy, for comparison; undefined when there is none. */
  content(source: string): Buffer | undefined {
    try {
      return readFileSync(source);
    } catch {
      return undefined;
    }
  }
}
