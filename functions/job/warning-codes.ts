import * as z from "zod";

const CODE = /^[a-z0-9-]{1,64}$/;

/** Codes of what is unusual about an image. Not only those of this version: another one may have sent or written them. */
export const warningCodesSchema = z.array(z.string().regex(CODE)).readonly();

/** Codes as an attribute of an image has them; empty for none. */
export function warningCodesText(codes: readonly string[]): string {
  return codes.join(" ");
}

/** The codes in such a text, each once; a person may have changed it. */
export function warningCodesIn(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/))].filter((code) => CODE.test(code));
}
