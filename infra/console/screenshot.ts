import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { getRequestListener } from "@hono/node-server";
import { silentLog } from "../../functions/shared/log/log.ts";
import { listen } from "../../functions/shared/http/listen.ts";
import { deskOf } from "../../test/console/desk.ts";
import { busySite } from "../../test/console/scenes.ts";
import { openBrowser, openTab } from "../../test/e2e/browser.ts";

/*
 * Makes the picture of the page for README.md, of a scene of the tests: node infra/console/screenshot.ts
 */

const { app } = deskOf(busySite());
const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
const server = createServer((request, response) => void listener(request, response));
const listening = await listen(
  server,
  { host: "127.0.0.1", port: 0 },
  { setting: "screenshot", log: silentLog },
);
const browser = await openBrowser();
const { page } = await openTab(browser, listening.url, { viewport: { width: 1200, height: 900 } });
await page.screenshot({ path: fileURLToPath(new URL("screenshot.png", import.meta.url)) });
await browser.close();
await listening.close();
