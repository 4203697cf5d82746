import type { Reply } from "./envelope-value.ts";
import { escapeXml } from "./xml-escape.ts";

/** The answer as xmlrpc-c 1.33.14 writes it: CRLF between its own lines, none inside the values. */
export function encodeReply(reply: Reply): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<methodResponse>",
    ...body(reply),
    "</methodResponse>",
    "",
  ];
  return lines.join("\r\n");
}

function body(reply: Reply): string[] {
  if (reply.kind === "fault") {
    return [
      "<fault>",
      "<value><struct>",
      "<member><name>faultCode</name>",
      `<value><i4>${reply.code}</i4></value></member>`,
      "<member><name>faultString</name>",
      `<value><string>${escapeXml(reply.text)}</string></value></member>`,
      "</struct></value>",
      "</fault>",
    ];
  }
  return [
    "<params>",
    "<param><value><array><data>",
    ...elements(reply).map((value) => `<value>${value}</value>`),
    "</data></array></value></param>",
    "</params>",
  ];
}

function elements(reply: Exclude<Reply, { kind: "fault" }>): string[] {
  if (reply.kind === "success") {
    return ["<boolean>1</boolean>", scalar(reply.value), "<i4>0</i4>"];
  }
  return [
    "<boolean>0</boolean>",
    scalar(reply.text),
    scalar(reply.code),
    scalar(reply.objectId),
    "<i8>-1</i8>",
  ];
}

function scalar(value: string | number | boolean): string {
  if (typeof value === "boolean") {
    return `<boolean>${value ? 1 : 0}</boolean>`;
  }
  return typeof value === "number" ? `<i4>${value}</i4>` : `<string>${escapeXml(value)}</string>`;
}
