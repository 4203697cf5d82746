import { html } from "hono/html";
import type { DeadLetterOverview } from "../../shared/overview/queue-overview.ts";
import { BAD_EVENT_ADVICE } from "../../shared/spool/bad-event-advice.ts";
import { imageAddress } from "../query.ts";
import type { Seen } from "../shared-view.ts";
import { ago, counted, foreign, printable, type Html } from "./text.ts";

/** Dead letters with what can be done about them, and events that were set aside; nothing when there are none. */
export function deadLetters(seen: Seen, formToken: string | undefined): Html | undefined {
  const queues = seen.queues.value ?? [];
  const letters = queues.flatMap(({ deadLetters: its }) => its);
  const dead = queues.reduce((sum, queue) => sum + queue.dead, 0);
  if (dead === 0) {
    return undefined;
  }
  const titles = new Map(
    (seen.identifiers.value ?? []).map(({ identifier, title }) => [identifier, title]),
  );
  const shown = Math.min(letters.length, SHOWN);
  return html`<section id="dead-letters" aria-labelledby="dead-letters-title">
    <h2 id="dead-letters-title">Dead letters <span class="count">${dead}</span></h2>
    ${
      formToken !== undefined &&
      letters.length > 1 &&
      html`<details class="act-all">
        <summary>Replay all…</summary>
        ${button({ action: "replay", formToken, text: `Replay ${counted(dead, "dead letter")}` })}
      </details>`
    }
    <ul class="letters">
      ${letters
        .slice(0, SHOWN)
        .map(
          (its) =>
            html`<li id="letter-${its.id}">
              ${letter(its, { title: titles.get(its.identifier), formToken, now: seen.at })}
            </li>`,
        )}
    </ul>
    ${
      shown < dead &&
      html`<p class="quiet">
        ${dead - shown} more; <code>vmcatcher-one dead-letters</code> lists them.
      </p>`
    }
    ${
      formToken === undefined &&
      html`<p class="quiet">
        <code>vmcatcher-one replay</code> sends one back to its function once the cause is cured;
        with <code>VMCATCHER_ONE_CONSOLE_TOKEN_FILE</code> set, it can be done here.
      </p>`
    }
  </section>`;
}

const SHOWN = 50;

/** What a dead letter is shown with. */
interface LetterContext {
  /** Of the image that it is about. */
  readonly title: string | undefined;
  readonly formToken: string | undefined;
  readonly now: string;
}

/** One dead letter. */
export function letter(
  { id, identifier, function: step, code, text, time, attempts }: DeadLetterOverview,
  { title, formToken, now }: LetterContext,
): Html {
  return html`<div class="letter-head">
      <code class="code">${foreign(code)}</code>
      <a href="${imageAddress(identifier)}">${foreign(title ?? identifier)}</a>
      ${title !== undefined && html`<span class="identifier">${foreign(identifier)}</span>`}
    </div>
    <p class="letter-text">${foreign(text, 600)}</p>
    <div class="letter-foot">
      <span>${step}</span>
      ${time !== undefined && html`<span>${ago(time, now)}</span>`}
      ${attempts !== undefined && html`<span>${counted(attempts, "attempt")}</span>`}
      ${formToken !== undefined && acts(id, identifier, formToken)}
    </div>`;
}

function acts(id: string, identifier: string, formToken: string): Html {
  return html`<div class="acts">
    ${button({ action: "replay", id, formToken, text: "Replay", label: `Replay ${printable(identifier)}` })}
    <details>
      <summary aria-label="Discard ${printable(identifier)}…">Discard…</summary>
      ${button({ action: "discard", id, formToken, text: "Discard for good", label: `Discard ${printable(identifier)} for good` })}
    </details>
  </div>`;
}

function button(its: {
  readonly action: "replay" | "discard";
  /** The dead letter; absent for all. */
  readonly id?: string;
  readonly formToken: string;
  readonly text: string;
  /** Tells it from others of the same text. */
  readonly label?: string;
}): Html {
  const { action, id, formToken, text, label } = its;
  return html`<form method="post" action="${action}">
    <input type="hidden" name="form" value="${formToken}" />
    ${id !== undefined && html`<input type="hidden" name="id" value="${id}" />`}
    <button
      class="${action}"
      id="${action}-${id ?? "all"}"
      ${label !== undefined && html`aria-label="${label}"`}
    >
      ${text}
    </button>
  </form>`;
}

/** Events of the spool that could not be understood; nothing when there are none. */
export function badEvents({ spool: { value } }: Seen): Html | undefined {
  const bad = value?.bad ?? [];
  if (bad.length === 0) {
    return undefined;
  }
  return html`<section id="bad-events" aria-labelledby="bad-events-title">
    <h2 id="bad-events-title">Bad events <span class="count">${bad.length}</span></h2>
    <ul class="letters">
      ${bad.slice(0, SHOWN).map(
        ({ name, reason }) =>
          html`<li>
            <div class="letter-head"><code>${foreign(name)}</code></div>
            <p class="letter-text">${foreign(reason, 600)}</p>
          </li>`,
      )}
    </ul>
    <p class="quiet">
      They lie in <code>spool/bad/</code>. What to do: ${BAD_EVENT_ADVICE}; then remove the files.
    </p>
  </section>`;
}
