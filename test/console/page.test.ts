import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { Overview } from "../../functions/shared/overview/overview.ts";
import { deskOf } from "./desk.ts";
import {
  busySite,
  conversionOf,
  deadLetterOf,
  identifierOf,
  identifiersOf,
  overviewOf,
  queuesOf,
  troubledSite,
  versionsOf,
} from "./scenes.ts";

async function markup(overview: Overview, query = ""): Promise<string> {
  const response = await deskOf(overview).app.request(`/${query}`, {
    headers: { host: "localhost" },
  });
  assert.equal(response.status, 200);
  return response.text();
}

/** A site where everything that strangers can write is this text. */
function writtenBy(text: string): Overview {
  const listed = versionsOf(1, { title: text, vo: text }).map((image) => ({
    ...image,
    uname: text,
    gname: text,
    attributes: new Map([
      ...image.attributes,
      ["VMCATCHER_EVENT_HV_VERSION", text],
      ["VMCATCHER_ONE_STALE_SINCE", text],
      ["VMCATCHER_ONE_EXPIRES", text],
    ]),
  }));
  const conversions = [conversionOf({ identifier: identifierOf(1), title: text, step: text })];
  const queues = queuesOf({
    "convert-image": { deadLetters: [deadLetterOf({ text, code: text, time: text })] },
  });
  return overviewOf({
    spool: { waiting: 1, oldest: text, bad: [{ name: text, reason: text }] },
    conversions,
    queues,
    identifiers: identifiersOf(listed, { queues, conversions }),
  });
}

/** The tags of a page with their attributes, but for times, which are shown as they were given. */
function skeleton(text: string): string {
  return (text.match(/<[^>]*>/g) ?? []).join("\n").replaceAll(/ (?:datetime|title)="[^"]*"/g, "");
}

describe("what strangers write", () => {
  const HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "javascript:alert(1)",
    "</title></style></script><script>alert(1)</script>",
    "<!--",
    "&lt;b&gt; &amp;quot;",
    "gpj.\u202Eexe \u2066x",
    "\u0000\u0001\u001B[31m\r\nset-cookie: x=1",
    `${"<b>".repeat(3000)}${"x".repeat(1000)}`,
    "\uD800 lone",
    "${7*7} {{7*7}} %3Cscript%3E",
  ];

  it("changes no tag of the page, whatever it is", async () => {
    const benign = skeleton(await markup(writtenBy("benign")));
    const image = skeleton(await markup(writtenBy("benign"), `?image=${identifierOf(1)}`));
    assert.ok(benign.length > 5000 && image.length > 3000);
    const check = async (text: string) => {
      assert.equal(skeleton(await markup(writtenBy(text))), benign);
      const alone = await markup(writtenBy(text), `?image=${identifierOf(1)}`);
      assert.equal(skeleton(alone), image);
    };
    for (const text of HOSTILE) {
      await check(text);
    }
    const hostile = fc.oneof(fc.string({ unit: "binary", minLength: 1 }), fc.constantFrom(...HOSTILE), fc.mixedCase(fc.constant("<script>"))); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(
        hostile.filter((text) => text.trim() !== "" && Number.isNaN(Date.parse(text))),
        check,
      ),
      { numRuns: 50 },
    );
  });

  it("is cut, so that nobody can make the page large", async () => {
    const text = await markup(writtenBy("x".repeat(10_000)));
    assert.ok(text.length < 60_000, String(text.length));
  });

  it("in an address is searched for, and never becomes markup", async () => {
    const query = `?q=${encodeURIComponent('"><script>alert(1)</script>')}`;
    const text = await markup(busySite(), query);
    assert.match(text, /value="&quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;"/);
    assert.match(text, /0 of 9 match/);
    assert.match(await markup(busySite(), "?image=%3Cb%3E"), /<bdi>&lt;b&gt;<\/bdi>/);
    assert.doesNotMatch(await markup(busySite(), "?done=%3Cb%3E"), /id="done"/);
    assert.doesNotMatch(await markup(busySite(), "?done=constructor"), /id="done"/);
  });
});

describe("a thousand images", () => {
  const images = Array.from({ length: 1000 }, (_, index) => versionsOf(index, { versions: 8 }));
  const overview = overviewOf({ identifiers: identifiersOf(images.flat()) });

  it("are a page of less than a megabyte, made at once", async () => {
    await markup(overview);
    const before = process.cpuUsage();
    const all = await markup(overview, "?all=1");
    const { user } = process.cpuUsage(before);
    assert.equal(all.match(/<li id="image-/g)?.length, 1000);
    assert.ok(Buffer.byteLength(all) < 2 ** 20, String(Buffer.byteLength(all)));
    assert.ok(user < 1_000_000, `${user} µs`);
  });

  it("are shown in part, with the way to all of them", async () => {
    const text = await markup(overview);
    assert.equal(text.match(/<li id="image-/g)?.length, 200);
    assert.match(text, /href="\.\/\?all=1#images"\s*>Show all 1000</);
  });

  it("are found by any words of title, identifier, VO, version, owner or standing", async () => {
    const text = await markup(overview, "?q=IMAGE+42+fedcloud");
    assert.match(text, /<bdi>Image 42<\/bdi>/);
    assert.match(text, /\d+ of 1000 match/);
    assert.doesNotMatch(text, /<bdi>Image 7<\/bdi>/);
    assert.match(await markup(overview, `?q=${identifierOf(999)}`), />1 of 1000 match/);
  });
});

describe("the page", () => {
  it("has one heading, a main landmark, and a name for every section", async () => {
    const text = await markup(troubledSite());
    assert.equal(text.match(/<h1[ >]/g)?.length, 1);
    assert.equal(text.match(/<main[ >]/g)?.length, 1);
    for (const [, id = ""] of text.matchAll(/aria-labelledby="([^"]+)"/g)) {
      assert.ok(text.includes(`id="${id}"`), id);
    }
    assert.match(text, /<html lang="en">/);
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length, "every id is there once");
  });

  it("comes again by itself without a script, as it was asked for", async () => {
    assert.match(
      await markup(busySite(), "?q=ubuntu&done=replayed"),
      /<noscript>\s*<meta http-equiv="refresh" content="30; url=\.\/\?q=ubuntu" \/>/,
    );
  });

  it("says that all is well only when it is", async () => {
    assert.match(await markup(overviewOf()), /All is well/);
    assert.match(await markup(overviewOf()), /<title>vmcatcher-one/);
    assert.doesNotMatch(await markup(troubledSite()), /All is well/);
    assert.match(await markup(troubledSite()), /<title>\(4\) vmcatcher-one/);
  });

  it("tells what is unusual about a live image, in the list and on the image's own page, until its next version", async () => {
    const of = (images: ReturnType<typeof versionsOf>) =>
      overviewOf({ identifiers: identifiersOf(images) });
    const doubtful = versionsOf(1, { attributes: { WARNINGS: "unrecognised" } });
    for (const query of ["", `?image=${identifierOf(1)}`]) {
      const text = await markup(of(doubtful), query);
      assert.match(
        text,
        /<li><bdi>unrecognised: doubtful, nothing in the disk says that it is one/,
      );
      assert.match(text, /<span class="pill attention">check</);
      const next = versionsOf(1, { versions: 4 }).map((image) => ({
        ...image,
        id: image.id + 100,
      }));
      const [live, ...old] = next;
      assert.ok(live);
      const retired = old.map((image) => ({
        ...image,
        attributes: new Map([...image.attributes, ["VMCATCHER_ONE_WARNINGS", "unrecognised"]]),
      }));
      assert.doesNotMatch(await markup(of([live, ...retired]), query), /doubtful/);
    }
  });

  it("of one image tells every version and where each stands", async () => {
    const text = await markup(busySite(), `?image=${identifierOf(3)}`);
    assert.equal(text.match(/<rect class="superseded"/g)?.length, 5);
    assert.equal(text.match(/<rect class="live"/g)?.length, 1);
    assert.equal(text.match(/<tr>/g)?.length, 7);
    assert.match(await markup(busySite(), "?image=unknown"), /OpenNebula holds no image of it/);
  });
});
