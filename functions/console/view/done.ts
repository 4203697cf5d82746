import { html } from "hono/html";
import type { Html } from "./text.ts";

/** What a form has done; the address names it, so it is one of these and nothing else. */
const DONE = {
  replayed: "Sent back to the function that had given it up.",
  "replayed-all": "All dead letters were sent back to the functions that had given them up.",
  discarded:
    "Discarded. The event that it was made of is gone; if its image is still endorsed, vmcatcher-one reconcile apply brings it.",
  gone: "There is no such dead letter any more: somebody was faster.",
  failed: "The queue does not answer. Look whether the dead letter is still there, then try again.",
} as const;

export type Done = keyof typeof DONE;

/** The sentence for the page that follows. */
export function doneText(done: string | undefined): Html | false {
  return isDone(done) && html`<p class="done" id="done" role="status">${DONE[done]}</p>`;
}

function isDone(text: string | undefined): text is Done {
  return text !== undefined && Object.hasOwn(DONE, text);
}
