/** Text as xmlrpc-c writes it: quotes stay, a carriage return becomes a reference. */
export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#x0d;");
}

/** `<NAME>value</NAME>`, unescaped: OpenNebula writes numbers and names so. */
export function element(name: string, content: string | number): string {
  return `<${name}>${content}</${name}>`;
}

/** `<NAME><![CDATA[value]]></NAME>`, as OpenNebula writes most texts. */
export function cdata(name: string, text: string): string {
  return `<${name}><![CDATA[${text}]]></${name}>`;
}

/** `<NAME><ID>1</ID><ID>2</ID></NAME>`. */
export function idList(name: string, ids: readonly number[]): string {
  return element(name, ids.map((id) => element("ID", id)).join(""));
}
