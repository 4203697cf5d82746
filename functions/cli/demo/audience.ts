import type { Image } from "../../shared/opennebula/opennebula.ts";
import { imageTable } from "../image-table.ts";

/** Whom the story is told to. */
export interface Audience {
  readonly print: (line: string) => void;
  readonly check: (what: string, ok: boolean) => void;
  /** Shows how it ended. */
  readonly conclude: (images: readonly Image[]) => void;
  /** How many things were not as told. */
  readonly failed: () => number;
}

/** @param print takes a line */
export function createAudience(print: (line: string) => void): Audience {
  let failed = 0;
  return {
    print,
    check: (what, ok) => {
      failed += ok ? 0 : 1;
      print(`   ${ok ? "ok" : "NOT AS TOLD"}  ${what}`);
    },
    conclude: (images) => {
      print(`\nWhat OpenNebula holds now:\n\n${imageTable(images)}`);
      print(failed === 0 ? "All as told." : `${failed} not as told.`);
    },
    failed: () => failed,
  };
}
