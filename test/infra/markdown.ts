/** The rows of all tables whose first column has that heading, as their cells; a `|` in a cell is written `\|`. */
export function tableRows(markdown: string, firstHeading: string): readonly (readonly string[])[] {
  const rows: (readonly string[])[] = [];
  let inTable = false;
  for (const line of markdown.split("\n")) {
    const cells = line.startsWith("|") ? cellsOf(line) : undefined;
    if (cells === undefined) {
      inTable = false;
    } else if (cells[0] === firstHeading) {
      inTable = true;
    } else if (inTable && cells[0]?.startsWith("---") !== true) {
      rows.push(cells);
    }
  }
  return rows;
}

/** What stands between backticks in a cell. */
export function codeIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

/** Where the links of a page lead to, without those of code. */
export function linksOf(markdown: string): readonly string[] {
  const text = withoutBlocks(markdown).replaceAll(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  return new Set(
    [...withoutBlocks(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function cellsOf(line: string): readonly string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function withoutBlocks(markdown: string): string {
  return markdown.replaceAll(/^ *```[^]*?^ *```$/gm, "");
}
