import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import type { AxeResults } from "axe-core";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

/** A page in a real Chromium, and what it did that it should not. */
export interface Tab {
  readonly page: Page;
  /** Scripts that ran into an error, dialogs, and requests to anything but the page's own server. */
  readonly misdeeds: readonly string[];
  close(): Promise<void>;
}

/** Chromium as infra/prerequisites.ts installs it. Its own sandbox needs rights that a container does not have. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((directory) => join(directory, "chromium"))
    .find((path) => existsSync(path));
  assert.ok(executablePath !== undefined, "chromium is not in PATH");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

/** A window of its own, without cookies. */
export async function openTab(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const misdeeds: string[] = [];
  const { origin } = new URL(url);
  page.on("pageerror", (error) => misdeeds.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    misdeeds.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:")) {
      misdeeds.push(`request: ${request.url()}`);
    }
  });
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) {
      misdeeds.push(`refused: ${message.text()}`);
    }
  });
  await page.goto(url);
  return { page, misdeeds, close: () => context.close() };
}

/** Asserts that axe finds nothing against WCAG 2.2 AA and good practice. */
export async function assertAccessible(page: Page): Promise<void> {
  const source = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
  await page.evaluate(await readFile(source, "utf8")); // not as a script of the page, which forbids it
  const results: AxeResults = await page.evaluate("axe.run()");
  const found = results.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`,
  );
  assert.deepEqual(found, []);
}
