import type { Hono } from "hono";
import { createApp } from "../../functions/console/app.ts";
import { Guard } from "../../functions/console/guard.ts";
import { SharedView } from "../../functions/console/shared-view.ts";
import type { Overview } from "../../functions/shared/overview/overview.ts";
import { recordingLog } from "../shared/worker/recording-log.ts";
import { overviewOf, samplesOf } from "./scenes.ts";

export const TOKEN = "correct horse battery staple";

/** The page of a scene, what was done on it, and what it logged. */
export interface Desk {
  readonly app: Hono;
  readonly done: readonly string[];
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

/** @param options.token with it, the page asks for `TOKEN` and has buttons */
export function deskOf(
  overview: Overview = overviewOf(),
  options: {
    readonly token?: boolean;
    readonly now?: () => Date;
    readonly hosts?: readonly string[];
    readonly act?: (what: string) => Promise<number>;
  } = {},
): Desk {
  const { log, lines } = recordingLog();
  const done: string[] = [];
  const act = async (what: string) => {
    done.push(what);
    return (await options.act?.(what)) ?? 1;
  };
  const view = new SharedView(async () => overview);
  const app = createApp({
    latest: () => view.latest(),
    samples: () => samplesOf(2307),
    site: "one.example.org:2633",
    guard:
      options.token === true
        ? new Guard(TOKEN, { now: options.now ?? (() => new Date()) })
        : undefined,
    actions: {
      replay: (id) => act(`replay ${id ?? "all"}`),
      discard: (id) => act(`discard ${id}`),
    },
    hosts: options.hosts ?? [],
    log,
  });
  return { app, done, lines };
}
