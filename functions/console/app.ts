import { createHash } from "node:crypto";
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import { errorText } from "../shared/log/error-text.ts";
import type { Log } from "../shared/log/log.ts";
import { addActions, sessionOf, type Actions } from "./actions.ts";
import type { Guard } from "./guard.ts";
import { readQuery } from "./query.ts";
import type { Sample } from "./samples.ts";
import type { Seen } from "./shared-view.ts";
import { page } from "./view/page.ts";
import { SCRIPT } from "./view/script.ts";
import { signIn } from "./view/sign-in.ts";
import { STYLE } from "./view/style.ts";

/** What the page is made of. */
export interface AppOptions {
  readonly latest: () => Promise<Seen>;
  readonly samples: () => readonly Sample[];
  /** The OpenNebula that this is about. */
  readonly site: string;
  /** Lets in who has the token, and to the actions; absent, everybody may look and nobody may change anything. */
  readonly guard: Guard | undefined;
  readonly actions: Actions;
  /** Names besides those of loopback that the page may be asked for by, when there is no guard. */
  readonly hosts: readonly string[];
  readonly log: Log;
}

/** The page as a function from requests to responses. */
export function createApp(options: AppOptions): Hono {
  const { latest, samples, site, guard, hosts, log } = options;
  const app = new Hono();
  app.use(secureHeaders(headers()));
  app.use(async (context, next) => {
    await next();
    context.header("cache-control", "no-store");
  });
  if (guard === undefined) {
    app.use(onlyFor(new Set([...LOOPBACK_NAMES, ...hosts])));
  } else {
    addActions(app, { ...options, guard });
  }
  app.get("/", async (context) => {
    const session = guard === undefined ? undefined : await sessionOf(context, guard);
    if (guard !== undefined && session === undefined) {
      return context.html(signIn(), 401);
    }
    const formToken = session === undefined ? undefined : guard?.formToken(session);
    const query = readQuery(context.req.query());
    return context.html(page({ seen: await latest(), samples: samples(), query, formToken, site }));
  });
  app.notFound((context) => context.text("not found\n", 404));
  app.onError((error, context) => {
    if ("getResponse" in error) {
      return error.getResponse(); // a refusal of the middleware
    }
    log.error({ error: errorText(error) }, "the page failed");
    return context.text("failed, see the log\n", 500);
  });
  return app;
}

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Without a token, who asks is only known by the address that he asks for. A stranger's page in the administrator's browser can give
 * its own name our address (DNS rebinding), but not our name.
 */
function onlyFor(names: ReadonlySet<string>) {
  return createMiddleware(async (context, next) => {
    const host = (context.req.header("host") ?? "").replace(/:\d+$/, "").toLowerCase();
    if (!names.has(host)) {
      return context.text("not served under this name, see VMCATCHER_ONE_CONSOLE_PROXY\n", 421);
    }
    return next();
  });
}

/** Nothing is loaded, framed, sent elsewhere or run but our own script; what a list's author writes cannot change that. */
function headers() {
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return {
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: [hash(STYLE)],
      scriptSrc: [hash(SCRIPT)],
      imgSrc: ["data:"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: "DENY",
    // Not no-referrer: with it browsers send `Origin: null` with our own forms, which then cannot be told from others.
    referrerPolicy: "same-origin",
    strictTransportSecurity: false, // the proxy's business, where there is TLS
  };
}
