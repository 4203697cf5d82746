import { html, raw } from "hono/html";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import type { Html } from "./text.ts";

/** How things are, as the icon of the tab shows it too. */
export type Look = "good" | "warning" | "error";

/** A whole document. */
export interface Document {
  readonly title: string;
  readonly look: Look;
  readonly body: Html;
  /** Shows itself anew after so many seconds; absent for a page that stands still. */
  readonly refresh?: { readonly seconds: number; readonly address: string };
}

/** Everything is in it: nothing is loaded from anywhere. */
export async function documentOf({ title, look, body, refresh }: Document): Promise<string> {
  const dense = String(await body).replaceAll(/\n\s+/g, "\n"); // half of it is how the sources are indented
  return String(
    await html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title}</title>
          <link rel="icon" href="${icon(look)}" />
          ${
            refresh !== undefined &&
            html`<noscript>
              <meta http-equiv="refresh" content="${UNSCRIPTED_SECONDS}; url=${refresh.address}" />
            </noscript>`
          }
          ${raw(`<style>${STYLE}</style>`)}
        </head>
        <body>
          <div id="live" ${refresh !== undefined && html`data-seconds="${refresh.seconds}"`}>
            ${raw(dense)}
          </div>
          ${
            refresh !== undefined &&
            html`<p id="lost" role="alert" hidden></p>
              ${raw(`<script>${SCRIPT}</script>`)}`
          }
        </body>
      </html>`,
  );
}

const UNSCRIPTED_SECONDS = 30; // a whole page each time, and the place on it is lost

function icon(look: Look): string {
  const shape = {
    good: '<circle cx="8" cy="8" r="7" fill="#1a7f4b"/>',
    warning: '<path d="M8 1l7.5 14H.5z" fill="#b26a00"/>',
    error: '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="#c62f2f"/>',
  }[look];
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shape}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(picture)}`;
}
