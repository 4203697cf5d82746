/** What a process exposes: the labels that each sample name was seen with; none for a metric without samples. */
export type Exposition = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads the text of `/metrics`. */
export function readExposition(text: string): Exposition {
  const found = new Map<string, Set<string>>();
  for (const [, name = "", type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
    const names =
      type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
    for (const sample of names) {
      found.set(sample, new Set());
    }
  }
  for (const [, name = "", labels = ""] of text.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
    for (const label of labelNames(labels)) {
      found.get(name)?.add(label);
    }
  }
  return found;
}

/** What is wrong with the metrics and labels that a PromQL expression names; empty when all exist. */
export function unknownNames(expression: string, exposition: Exposition): readonly string[] {
  const problems: string[] = [];
  const known = new Set([...SCRAPED, ...[...exposition.values()].flatMap((labels) => [...labels])]);
  for (const [, name = "", selector = ""] of expression.matchAll(METRIC)) {
    const labels = exposition.get(name);
    if (name !== "up" && labels === undefined) {
      problems.push(`no such metric: ${name}`);
    }
    for (const label of labels?.size === 0 ? [] : labelNames(selector)) {
      if (!SCRAPED.has(label) && labels?.has(label) !== true) {
        problems.push(`${name} has no label ${label}`);
      }
    }
  }
  for (const [, list = ""] of expression.matchAll(/\b(?:by|on|group_left)\s*\(([^)]*)\)/g)) {
    const labels = list.split(",").map((label) => label.trim());
    problems.push(...labels.filter((label) => !known.has(label)).map((label) => `no label ${label}`)); // prettier-ignore
  }
  return problems;
}

/** Added by Prometheus. */
const SCRAPED: ReadonlySet<string> = new Set(["job", "instance"]);

const METRIC = /\b(up|(?:vmcatcher_one|process|nodejs)_\w+)\b(?:\{([^}]*)\})?/g;

function labelNames(labels: string): readonly string[] {
  return [...labels.matchAll(/(\w+)\s*(?:=~|!=|!~|=)\s*"(?:[^"\\]|\\.)*"/g)].map(
    ([, name = ""]) => name,
  );
}
