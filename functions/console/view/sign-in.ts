import { html } from "hono/html";
import { documentOf } from "./document.ts";

/** The form that asks for the token. @param problem why it is asked again */
export async function signIn(problem?: string): Promise<string> {
  return documentOf({
    title: "vmcatcher-one",
    look: "good",
    body: html`<main class="sign-in">
      <h1>vmcatcher-one</h1>
      <form method="post" action="sign-in">
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          ${problem !== undefined && html`aria-invalid="true" aria-describedby="problem"`}
        />
        <button class="primary">Sign in</button>
      </form>
      ${problem !== undefined && html`<p class="stale" id="problem" role="alert">${problem}</p>`}
      <p class="quiet">
        It stands in the file that <code>VMCATCHER_ONE_CONSOLE_TOKEN_FILE</code> names.
      </p>
    </main>`,
  });
}
