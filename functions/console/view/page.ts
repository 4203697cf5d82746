import { html } from "hono/html";
import { addressOf, type Query } from "../query.ts";
import { problemsOf, type Problem } from "../problems.ts";
import type { Sample } from "../samples.ts";
import type { Seen } from "../shared-view.ts";
import { badEvents, deadLetters } from "./dead-letters.ts";
import { documentOf, type Look } from "./document.ts";
import { doneText } from "./done.ts";
import { flow } from "./flow.ts";
import { image } from "./image.ts";
import { images } from "./images.ts";
import { clockTime, foreign, type Html } from "./text.ts";
import { tiles } from "./tiles.ts";
import { work } from "./work.ts";

/** What a page shows. */
export interface View {
  readonly seen: Seen;
  readonly samples: readonly Sample[];
  readonly query: Query;
  /** Of the session that looks; without one, nothing can be changed. */
  readonly formToken: string | undefined;
  /** The OpenNebula that this is about. */
  readonly site: string;
}

/** The page: all at a glance, or one image. */
export async function page(view: View): Promise<string> {
  const { seen, query, formToken, site } = view;
  const problems = problemsOf(seen);
  const look: Look = problems.some(({ severity }) => severity === "error")
    ? "error"
    : problems.length > 0
      ? "warning"
      : "good";
  return documentOf({
    title: `${problems.length === 0 ? "" : `(${problems.length}) `}vmcatcher-one · ${site}`,
    look,
    refresh: { seconds: busy(seen) ? BUSY_SECONDS : IDLE_SECONDS, address: addressOf(query) },
    body: html`<header>
        <h1><a href="./">vmcatcher-one</a></h1>
        <p class="site">${site}</p>
        <p class="as-of" id="as-of">as of ${clockTime(seen.at)}</p>
        <span id="controls"></span>
        ${
          formToken !== undefined &&
          html`<form method="post" action="sign-out">
            <input type="hidden" name="form" value="${formToken}" /><button class="plain">
              Sign out
            </button>
          </form>`
        }
      </header>
      <main>
        ${doneText(query.done)}${query.image === undefined ? overview(view, problems, look) : image(seen, query.image, formToken)}
      </main>`,
  });
}

const BUSY_SECONDS = 2;
const IDLE_SECONDS = 5;

function busy({ conversions, queues }: Seen): boolean {
  return (
    (conversions.value ?? []).length > 0 ||
    (queues.value ?? []).some(({ waiting, inFlight }) => waiting + inFlight > 0)
  );
}

function overview(
  { seen, samples, query, formToken }: View,
  problems: readonly Problem[],
  look: Look,
): Html {
  return html`${verdict(problems, look)}${tiles(seen)}
    ${deadLetters(seen, formToken)}${badEvents(seen)}
    <div class="columns">${work(seen)}${flow(seen, samples)}</div>
    ${images(seen, query)}`;
}

function verdict(problems: readonly Problem[], look: Look): Html {
  return html`<div class="verdict ${look}" id="verdict" role="status">
    ${
      problems.length === 0
        ? html`<p>All is well.</p>`
        : html`<ul>
            ${problems.map(
              ({ severity, text, section }) =>
                html`<li class="${severity}">
                  ${section === undefined ? foreign(text, 300) : html`<a href="#${section}">${foreign(text, 300)}</a>`}
                </li>`,
            )}
          </ul>`
    }
  </div>`;
}
