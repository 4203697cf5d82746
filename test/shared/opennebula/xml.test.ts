import assert from "node:assert/strict";
import { test } from "node:test";
import {
  child,
  children,
  integerOf,
  parseXml,
  textOf,
} from "../../../functions/shared/opennebula/xml.ts";

test("text and CDATA are joined, entities are decoded, comments left out", () => {
  const root = parseXml("<A><B>1 &amp; <![CDATA[2 & <3>]]>&#10;&#x20AC;<!-- no -->4</B></A>", "A");
  assert.equal(textOf(root, "B"), "1 & 2 & <3>\n€4");
});

test("children are found one level deep only", () => {
  const root = parseXml("<A><T><ID>9</ID></T><ID>1</ID><X/><X>2</X></A>", "A");
  assert.equal(integerOf(root, "ID"), 1);
  assert.equal(children(root, "X").length, 2);
  assert.equal(child(root, "T")?.children[0]?.text, "9");
  assert.equal(child(root, "NOPE"), undefined);
});

test("what is not well-formed is refused with its place", () => {
  for (const xml of [
    "",
    "text",
    "<A>",
    "<A><B></A></B>",
    "<A></A><A></A>",
    "<A>&unknown;</A>",
    "<A>a & b</A>",
    "<A><B>te",
    "<A>]]></A>",
    '<!DOCTYPE A [<!ENTITY e "x">]><A>&e;</A>',
    "<A><![CDATA[x</A>",
  ]) {
    assert.throws(() => parseXml(xml, "A"), /^Error: \d+:\d+: /, xml);
  }
  assert.throws(() => parseXml("<B/>", "A"), /expected <A>, found <B>/);
});

test("characters that XML does not allow become U+FFFD, others stay", () => {
  assert.equal(
    parseXml("<A>\0\x08\x0B\x1F\uFFFE\uFFFF\uD800|\t\n\x7F\x85\u2028😀\uFEFF</A>", "A").text,
    `${"\uFFFD".repeat(7)}|\t\n\x7F\x85\u2028😀\uFEFF`,
  );
});

test("deep nesting is refused without harm", () => {
  assert.throws(() => parseXml("<A>".repeat(1_000_000), "A"), /nested more than 32 deep/);
});

test("names of JavaScript's own are ordinary names", () => {
  const root = parseXml("<A><__proto__>1</__proto__><constructor>2</constructor></A>", "A");
  assert.equal(textOf(root, "__proto__") + textOf(root, "constructor"), "12");
});

test("time grows with the text, not with its square", () => {
  const seconds = (count: number): number => {
    const xml = `<A>${`<B><![CDATA[${"x".repeat(50)}]]>&amp;\n</B>`.repeat(count)}<C>${"&lt;".repeat(count)}</C></A>`;
    const start = performance.now();
    parseXml(xml, "A");
    return performance.now() - start;
  };
  seconds(1000); // warm
  const small = seconds(4000);
  assert.ok(seconds(40_000) < 50 * Math.max(small, 5)); // ten times the text; a square would take a hundred times as long
});
