import { quoted } from "../shared/disk/refusal.ts";
import type { Report } from "../convert-image/inspect-file.ts";
import { printable } from "../shared/log/printable.ts";

/** A report for a person. */
export function inspectText(report: Report): string {
  const { verdict, file, reason, warnings } = report;
  const lines = Object.entries(linesOf(report)).filter(([, value]) => value !== "");
  return [
    `${verdict}: ${quoted(file)}${reason === undefined ? "" : ` (${reason.code})`}`,
    ...(reason === undefined ? [] : [`  ${printable(reason.sentence)}`]),
    ...warnings.map(({ code, sentence }) => `  warning: ${printable(sentence)} (${code})`),
    ...lines.map(([name, value]) => `  ${name.padEnd(LABEL_WIDTH)}${value}`),
    "",
  ].join("\n");
}

const LABEL_WIDTH = 14;

function linesOf(report: Report): Readonly<Record<string, string>> {
  const { reason, packing, container, bootDisk, otherDisks, format, subformat } = report;
  return {
    facts: Object.entries(reason?.facts ?? {})
      .map(([name, value]) => `${name} ${printable(String(value))}`)
      .join(", "),
    file: bytes(report.fileBytes),
    packed: packing.join(", "),
    container: container === undefined ? "" : "OVA",
    "boot disk": bootDisk === undefined ? "" : quoted(bootDisk),
    "chosen by": report.chosenBy ?? "",
    "other disks":
      otherDisks.length === 0 ? "" : `${otherDisks.map(quoted).join(" ")}, not registered`,
    format: format === undefined ? "" : `${format} (${subformat ?? ""})`,
    "virtual size": bytes(report.virtualSizeBytes),
    content: report.evidence?.join(", ") ?? "",
    data: report.dataBytes === undefined ? "" : `at most ${bytes(report.dataBytes)}`,
    checked:
      report.verdict === "refused"
        ? ""
        : report.checked === "everything"
          ? "everything, to the last byte"
          : "headers and tables; --full reads the rest",
    disk: report.disk === undefined ? "" : `${report.disk.format}, ${bytes(report.disk.sizeBytes)}`,
    sha256: report.disk?.sha256 ?? "",
  };
}

function bytes(count: number | undefined): string {
  if (count === undefined) {
    return "";
  }
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const step = count === 0 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1);
  const exact = `${count} bytes`;
  return step === 0
    ? exact
    : `${exact} (${(count / 1024 ** step).toFixed(1)} ${units[step] ?? ""})`;
}
