import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { createMiddleware } from "hono/factory";
import { errorText } from "../shared/log/error-text.ts";
import type { Log } from "../shared/log/log.ts";
import { SESSION_SECONDS, type Guard } from "./guard.ts";
import type { Done } from "./view/done.ts";
import { signIn } from "./view/sign-in.ts";

/** What can be done with dead letters; each answers how many it concerned. */
export interface Actions {
  /** All of them without an id. */
  replay(id?: string): Promise<number>;
  discard(id: string): Promise<number>;
}

interface ActionOptions {
  readonly guard: Guard;
  readonly actions: Actions;
  readonly log: Log;
}

/**
 * Signing in and out, replay and discard. A form is taken only from our own page: the browser says where it comes from
 * (`Sec-Fetch-Site` or `Origin`), the cookie does not come with a form of another site, and each form carries its session's token.
 */
export function addActions(app: Hono, { guard, actions, log }: ActionOptions): void {
  const sameHost = (origin: string, context: Context) =>
    URL.parse(origin)?.host === context.req.header("host"); // a proxy's TLS is not seen here
  app.use(csrf({ origin: sameHost }), bodyLimit({ maxSize: MAX_FORM_BYTES }));

  app.post("/sign-in", async (context) => {
    const admitted = guard.admits(await field(context, "token"));
    if (admitted !== "yes") {
      log.warn({ admitted }, "somebody tried to sign in to the page");
      return admitted === "no"
        ? context.html(signIn("That is not the token."), 403)
        : context.html(signIn("Too many wrong tokens. Wait a minute."), 429);
    }
    await setSignedCookie(context, COOKIE, guard.open(), guard.key, {
      httpOnly: true,
      sameSite: "Strict",
      secure: context.req.header("x-forwarded-proto") === "https",
      maxAge: SESSION_SECONDS,
    });
    return context.redirect("./", 303);
  });

  const signedIn = createMiddleware(async (context, next) => {
    const session = await sessionOf(context, guard);
    if (session === undefined || !guard.isFormToken(await field(context, "form"), session)) {
      return context.text("refused: sign in and try again\n", 403);
    }
    return next();
  });
  app.post("/sign-out", signedIn, (context) => {
    deleteCookie(context, COOKIE);
    return context.redirect("./", 303);
  });
  app.post("/replay", signedIn, async (context) => {
    const id = await field(context, "id");
    const done = await attempt("replay", id, () => actions.replay(id === "" ? undefined : id));
    return after(context, done ?? (id === "" ? "replayed-all" : "replayed"));
  });
  app.post("/discard", signedIn, async (context) => {
    const id = await field(context, "id");
    return after(context, (await attempt("discard", id, () => actions.discard(id))) ?? "discarded");
  });

  /** @returns undefined when it worked */
  async function attempt(
    action: keyof Actions,
    id: string,
    act: () => Promise<number>,
  ): Promise<Done | undefined> {
    try {
      const count = await act();
      log.info({ action, messageId: id, count }, "dead letters were dealt with on the page");
      return count === 0 ? "gone" : undefined;
    } catch (error) {
      log.warn({ action, messageId: id, error: errorText(error) }, "the page could not do it");
      return "failed";
    }
  }
}

/** The session of who asks, when it is genuine and not over. */
export async function sessionOf(context: Context, guard: Guard): Promise<string | undefined> {
  const session = await getSignedCookie(context, guard.key, COOKIE);
  return typeof session === "string" && guard.isOpen(session) ? session : undefined;
}

const COOKIE = "vmcatcher-one";

const MAX_FORM_BYTES = 4096;

async function field(context: Context, name: string): Promise<string> {
  const value = (await context.req.parseBody())[name];
  return typeof value === "string" ? value : "";
}

function after(context: Context, done: Done) {
  return context.redirect(`./?done=${done}`, 303);
}
