import assert from "node:assert/strict";
import { test } from "node:test";
import { isStorable, parseTemplate, renderTemplate, toTemplate } from "./template.ts";
import type { Version } from "./world.ts";

test('KEY="VALUE": blanks, quotes, backslashes, lines and brackets inside of quotes are text', () => {
  const text =
    String.raw`a = " x "` +
    "\n" +
    String.raw`b="say \"hi\" C:\\x \n"` +
    '\nC="1\n2"\nd="[x]=#&<>"\n';
  assert.deepEqual(read(text), {
    A: " x ",
    B: String.raw`say "hi" C:\\x \n`,
    C: "1\n2",
    D: "[x]=#&<>",
  });
});

test('KEY="VALUE": a value may be bare, empty or missing, and lines of # are comments', () => {
  assert.deepEqual(read('# A="1"\nB=two words \nC=""\nD=\nE="5"'), {
    B: "two words",
    C: "",
    D: "",
    E: "5",
  });
});

test('KEY="VALUE": a name that starts with a digit gets a prefix, and of a repeated one the last wins', () => {
  assert.deepEqual(read('1st="a"\nx="1"\nX="2"'), { ONE_1ST: "a", X: "2" });
});

test('KEY="VALUE": a vector has parts', () => {
  assert.deepEqual(read('DISK=[IMAGE_ID="6", SIZE = 10,\n EMPTY=""]\nN="v"'), {
    DISK: { IMAGE_ID: "6", SIZE: "10", EMPTY: "" },
    N: "v",
  });
});

test('KEY="VALUE": a value that ends in a backslash swallows what follows, unless it is the last one', () => {
  assert.deepEqual(read('A="1"\nB="C:\\"\n'), { A: "1", B: "C:\\" });
  assert.throws(
    () => read('B="C:\\"\nA="/a/b"\n'),
    /^TemplateError: Parse error: syntax error, unexpected VARIABLE, expecting EQUAL or EQUAL_EMPTY/,
  );
});

test('KEY="VALUE": what does not parse is refused', () => {
  for (const text of ["A", 'A="1" B', "A=[", 'A=[B="1"', '="x"', "  <T><A>1</A></T>"]) {
    assert.throws(() => read(text), /^TemplateError: Parse error: syntax error/, text);
  }
  assert.throws(() => read('A="x]]>y"'), /^TemplateError: Parse error\.$/);
});

test("XML: entities, CDATA and lines are text; the root may have any name", () => {
  const text =
    '<?xml version="1.0"?><X><a>1 &amp; &lt;2&gt; "3"\\</a><B-c.d><![CDATA[ <x> ]]></B-c.d><C>1\r\n2&#13;3</C></X>';
  assert.deepEqual(read(text), { A: '1 & <2> "3"\\', "B-C.D": " <x> ", C: "1\n2\n3" });
});

test("XML: an attribute that is empty, or has more than one child, is dropped without a word; an empty CDATA is kept", () => {
  assert.deepEqual(
    read("<T><A></A><B/><C>x<![CDATA[y]]></C><D>x<!-- y --></D><E><![CDATA[]]></E><F>1</F></T>"),
    { E: "", F: "1" },
  );
});

test("XML: elements inside make a vector", () => {
  assert.deepEqual(read("<T><DISK><IMAGE_ID>6</IMAGE_ID><X/></DISK></T>"), {
    DISK: { IMAGE_ID: "6", X: "" },
  });
});

test("XML: what is not well-formed is refused", () => {
  for (const text of ["<T><A>1</A>", "<T><A>a]]>b</A></T>", "<T>\u0001</T>", "<T><A>1</T>"]) {
    assert.throws(() => read(text), /^TemplateError: Parse error: XML Template malformed\.$/, text);
  }
});

test("]]> cannot be stored, whatever way it came; nor can a text of more than 10 MB", () => {
  assert.equal(isStorable(toTemplate(parseTemplate("<T><A>x]]&gt;y</A></T>", "7.0.2"))), false);
  assert.equal(
    isStorable(toTemplate(parseTemplate("<T><A><![CDATA[x]]]]><![CDATA[>y]]></A></T>", "7.0.2"))),
    false,
  );
  assert.equal(isStorable(new Map([["A", "x".repeat(5_000_000)]])), true);
  assert.equal(isStorable(new Map([["A", "x".repeat(20_000_000)]])), false);
});

test("7.4.0 trims every attribute, older ones keep its blanks", () => {
  assert.deepEqual(read('A=" x "\nV=[B=" y "]', "7.4.0"), { A: "x", V: { B: "y" } });
  assert.deepEqual(read("<T><A> x </A></T>", "6.10.5"), { A: " x " });
});

test("a template is written sorted by name", () => {
  const template = toTemplate(parseTemplate('B="2"\nA="1"\nV=[Z="3",Y="4"]', "7.0.2"));
  const expected =
    "<A><![CDATA[1]]></A><B><![CDATA[2]]></B><V><Y><![CDATA[4]]></Y><Z><![CDATA[3]]></Z></V>";
  assert.equal(renderTemplate(template), `<TEMPLATE>${expected}</TEMPLATE>`);
});

function read(text: string, version: Version = "7.0.2"): Record<string, unknown> {
  const entries = [...toTemplate(parseTemplate(text, version))];
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === "string" ? value : Object.fromEntries(value),
    ]),
  );
}
