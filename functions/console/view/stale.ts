import { html } from "hono/html";
import type { Part } from "../shared-view.ts";
import { ago, foreign, type Html } from "./text.ts";

/** Says that a part does not answer, and from when what is shown of it is; nothing when it has answered. */
export function stalePart(what: string, { error, at }: Part<unknown>, now: string): Html | false {
  return (
    error !== undefined &&
    html`<p class="stale">
      <strong>${what} does not answer</strong> (${foreign(error, 300)}).
      ${at === undefined ? html`Nothing is known yet.` : html`What is shown is from ${ago(at, now)}.`}
    </p>`
  );
}
