import { printable } from "../shared/log/printable.ts";
import { table } from "./table.ts";
import type { RecordedCall } from "../explain/recorded-call.ts";
import type { Explanation } from "../explain/explain-message.ts";

/** An explanation for a person. */
export function explanationText(explanation: Explanation): string {
  const { found, step, job, verdicts, calls, end } = explanation;
  return [
    `${printable(found)}\n`,
    ...(job === undefined
      ? []
      : [
          table(
            ["JOB", "EVENT", "IDENTIFIER", "TIME", "BEGINS AT"],
            [[job.id, job.event, job.identifier, job.eventTime, step ?? ""]],
          ),
        ]),
    "\nWHAT DECIDES\n",
    verdicts.length === 0
      ? "  nothing\n"
      : table(
          ["QUESTION", "ANSWER", ""],
          verdicts.map(({ question, answer, text }) => [question, answer, text]),
        ),
    "\nCALLS THAT CHANGE SOMETHING\n",
    calls.length === 0 ? "  none\n" : calls.map(callText).join(""),
    `\nEND: ${endText(end)}\n`,
  ].join("");
}

function callText(
  { method, image, arguments: given, why, refused, ...its }: RecordedCall,
  index: number,
) {
  const values = Object.entries(given)
    .filter(([name]) => name !== "attributes")
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const attributes = Object.entries(Object(given["attributes"])).map(
    ([name, value]) => `       ${printable(`${name} = ${JSON.stringify(value)}`)}\n`,
  );
  const of = image === undefined ? [] : [String(image)];
  return [
    `  ${String(index + 1).padStart(2)}. ${[method, ...of, ...values].map(printable).join(" ")}\n`,
    ...attributes,
    `      ${its.function}: ${printable(why)}\n`,
    ...(refused === undefined ? [] : [`      refused: ${printable(refused)}\n`]),
  ].join("");
}

function endText({ outcome, function: name, code, text }: Explanation["end"]): string {
  const where = name === undefined ? "" : ` in ${name}`;
  const what = code === undefined ? "" : ` ${code}`;
  return printable(`${outcome}${where}${what}${text === undefined ? "" : `: ${text}`}`);
}
