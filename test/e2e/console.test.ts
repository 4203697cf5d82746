import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { makeRaw } from "../../functions/cli/demo/appliance.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import { sqsEnvironment } from "../../infra/elasticmq.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { assertAccessible, openBrowser, openTab, type Tab } from "./browser.ts";
import { runProcess, type RunningFunctions } from "./processes.ts";

const TOKEN = "correct horse battery staple";
const GOOD = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
const BROKEN = "1b4d6c7e-52c5-4d0f-8a7a-0f4f6a3b9c20";
const HOSTILE = `"'><script>window.pwned=1</script><img src=//evil.example onerror=alert(1)>\u202Egpj`;

/** Where a process that runs the page has said that it is. */
async function urlOf(process: RunningFunctions): Promise<string> {
  for (let round = 0; round < 500; round++) {
    const url = /"url":"([^"]+)","actions"/.exec(process.log())?.[1];
    if (url !== undefined) {
      return `${url}/`;
    }
    await sleep(20);
  }
  return assert.fail(`no page:\n${process.log()}`);
}

let browser: Browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

describe("the page of a site, in a browser", () => {
  let site: Site;
  let functions: RunningFunctions;
  let url = "";
  const tabs: Tab[] = [];
  before(async () => {
    site = await createSite();
    const tokenFile = join(site.directory, "token");
    await writeFile(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
    functions = runProcess([], { ...site.env, VMCATCHER_ONE_CONSOLE_TOKEN_FILE: tokenFile });
    const broken = join(site.directory, "broken.qcow2");
    await writeFile(broken, "this is no disk image");
    const { file } = await makeRaw(join(site.directory, "repository"), "good", "one");
    const list = { version: "2026.11", vo: "vo.example" };
    await site.vmcatcher.endorse({ ...list, identifier: GOOD, file, title: HOSTILE });
    await site.vmcatcher.endorse({ ...list, identifier: BROKEN, file: broken, title: "broken", format: "qcow2" }); // prettier-ignore
    await site.vmcatcher.run();
    url = await urlOf(functions);
  });
  after(async () => {
    await Promise.all(tabs.map((tab) => tab.close()));
    assert.equal(await functions.stop(), 0);
    await site.close();
    assert.deepEqual(tabs.flatMap(({ misdeeds }) => misdeeds), []); // prettier-ignore
  });

  async function visit(options: Parameters<typeof openTab>[2] = {}): Promise<Page> {
    const tab = await openTab(browser, url, options);
    tabs.push(tab);
    return tab.page;
  }
  async function signedIn(options: Parameters<typeof openTab>[2] = {}): Promise<Page> {
    const page = await visit(options);
    await page.getByLabel("Token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Images" }).waitFor();
    return page;
  }
  async function deadLetterIds(): Promise<readonly string[]> {
    const queues = openQueues(site.config);
    try {
      const names = ["convert-image", "register-image"]; // refused by the one; a replay finds by the other that nothing is left
      const letters = await Promise.all(
        names.map(async (name) => (await queues.open(name)).deadLetters(10)),
      );
      return letters.flat().map(({ messageId }) => messageId);
    } finally {
      await queues.close();
    }
  }

  it("shows nothing to who has a wrong token", async () => {
    const page = await visit();
    await page.getByLabel("Token").fill("guess");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("That is not the token.").waitFor();
    assert.equal(await page.getByRole("heading", { name: "Images" }).count(), 0);
    await assertAccessible(page);
  });

  it("shows, without being asked again, what becomes of an image and why another was refused", async () => {
    const page = await signedIn();
    await page.locator(`#image-${GOOD} .pill.live`).waitFor();
    await page.locator("#dead-letters").getByText("format-mismatch").waitFor();
    await page.locator(`#image-${BROKEN} .pill.trouble`).waitFor();
    await page.locator("#verdict").getByText("1 dead letter waits for a decision").waitFor();
    assert.match(await page.title(), /^\(1\) /);
    assert.equal(await page.getByText(HOSTILE.slice(0, 40)).count() > 0, true); // prettier-ignore
    assert.equal(await page.evaluate("window.pwned"), undefined);
    await page.locator(`#image-${GOOD} a`).click();
    await page.getByRole("img", { name: "Lifetimes of 1 version" }).waitFor();
    assert.equal(await page.evaluate("window.pwned"), undefined);
    await assertAccessible(page);
  });

  it("shows a conversion going on", async () => {
    const path = join(site.config.stagingDirectory, `${"0".repeat(32)}.progress`);
    const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
    const report = (percent: number) =>
      writeFile(
        path,
        JSON.stringify({
          jobId: "0".repeat(32),
          identifier: GOOD,
          title: "a large one",
          step: "converting",
          percent,
          bytes: 2 ** 32,
          startedAt: at(-60),
          stepStartedAt: at(-60),
          updatedAt: at(0),
        }),
      );
    await mkdir(site.config.stagingDirectory, { recursive: true });
    await report(25);
    const page = await signedIn();
    await page.locator('#work progress[value="25.0"]').waitFor();
    await page.locator("#work").getByText("17.1 MiB/s").waitFor();
    await report(75);
    await page.locator('#work progress[value="75.0"]').waitFor();
    await rm(path);
    await page.locator("#work").getByText("Nothing.").waitFor();
  });

  it("replays a dead letter by keyboard alone, and keeps the focus while the page changes", async () => {
    const page = await signedIn();
    await page.locator("#dead-letters").waitFor();
    const [before] = await deadLetterIds();
    await page.locator("body").focus();
    const reached: string[] = [];
    const name = () => page.evaluate<string>("document.activeElement.id");
    while (!(await name()).startsWith("replay-")) {
      await page.keyboard.press("Tab");
      reached.push(await name());
      assert.ok(reached.length < 30, reached.join(", "));
    }
    await page.getByRole("button", { name: "Pause" }).waitFor();
    const asOf = await page.locator("#as-of time").getAttribute("title");
    await page.locator(`#as-of time:not([title="${asOf}"])`).waitFor();
    assert.equal(await name(), `replay-${before}`, "the focus stays through a refresh");
    await page.keyboard.press("Enter");
    await page.getByText("Sent back to the function").waitFor();
    const after = async () => (await deadLetterIds())[0];
    for (let round = 0; (await after()) === undefined; round++) {
      assert.ok(round < 1000, "it was given up again");
      await sleep(20);
    }
    assert.notEqual(await after(), before, "it was worked on again");
  });

  it("discards only when asked twice", async () => {
    const page = await signedIn();
    const letters = page.locator("#dead-letters");
    await letters.getByText("Discard…").click();
    await letters.getByRole("button", { name: /for good/ }).click();
    await page.getByText("Discarded.").waitFor();
    assert.deepEqual(await deadLetterIds(), []);
    assert.equal(await letters.count(), 0);
  });

  it("is accessible by light and by dark, wide and on a phone, and never wider than its window", async () => {
    for (const options of [
      { viewport: { width: 1280, height: 900 } },
      { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
    ] as const) {
      const page = await signedIn(options);
      await page.locator(`#image-${GOOD}`).waitFor();
      await assertAccessible(page);
      const width = await page.evaluate<number>("document.documentElement.scrollWidth");
      assert.ok(width <= options.viewport.width, `${width} pixels`);
    }
  });

  it("says what does not answer, shows the rest, and how old it is", async () => {
    const page = await signedIn();
    await page.locator(`#image-${GOOD}`).waitFor();
    site.simulator.refuseConnections();
    await page.locator("#verdict").getByText("OpenNebula does not answer").waitFor();
    await page.locator("#images .stale").getByText("What is shown is from").waitFor();
    assert.equal(await page.locator(`#image-${GOOD}`).count(), 1);
    await assertAccessible(page);
    await site.simulator.start();
    await page.locator("#verdict").getByText("All is well").waitFor();
  });

  it("works without a script", async () => {
    const page = await signedIn({ javaScriptEnabled: false });
    await page.getByLabel("Filter").fill("no such image");
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByText("0 of 1 match.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Token").waitFor();
  });
});

describe("the page alone, without a token", () => {
  it("shows a thousand images, has no buttons, and finds one as it is typed", async () => {
    const site = await createSite();
    for (let index = 0; index < 1000; index++) {
      const identifier = `image-${index}`;
      site.simulator.addImage({
        name: identifier,
        attributes: {
          VMCATCHER_EVENT_DC_IDENTIFIER: identifier,
          VMCATCHER_EVENT_DC_TITLE: `Title ${index}`,
          VMCATCHER_ONE_STATE: "live",
        },
      });
    }
    const functions = runProcess(["console"], { ...site.env });
    const url = await urlOf(functions);
    const tab = await openTab(browser, `${url}?all=1`);
    assert.equal(await tab.page.locator(".images > li").count(), 1000);
    assert.equal(await tab.page.locator("form[method=post]").count(), 0);
    await tab.page.getByLabel("Filter").fill("title 777");
    await tab.page.getByText("1 of 1000 match.").waitFor();
    assert.equal(await tab.page.locator(".images > li").count(), 1);
    assert.equal((await fetch(`${url}replay`, { method: "POST" })).status, 404);
    await assertAccessible(tab.page);
    assert.deepEqual(tab.misdeeds, []);
    await functions.kill();
    await tab.page.locator("#lost").getByText("Not live").waitFor();
    await tab.close();
    await site.close();
  });

  it("is there when neither the queue nor OpenNebula is", async () => {
    const site = await createSite({
      env: { ...sqsEnvironment("http://127.0.0.1:1"), ONE_XMLRPC: "http://127.0.0.1:1/RPC2" },
    });
    const functions = runProcess(["console"], { ...site.env });
    const tab = await openTab(browser, await urlOf(functions));
    await tab.page.locator("#verdict").getByText("The queue does not answer").waitFor();
    await tab.page.locator("#verdict").getByText("OpenNebula does not answer").waitFor();
    await assertAccessible(tab.page);
    await tab.close();
    assert.equal(await functions.stop(), 0);
    await site.close();
  });
});
