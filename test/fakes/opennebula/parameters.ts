import type { XmlRpcValue } from "./envelope-value.ts";
import { XmlRpcFault } from "./one-error.ts";

/** The parameters of one call by their position; 0 is the session. Too many are ignored. @throws XmlRpcFault -501 */
export class Parameters {
  readonly #values: readonly XmlRpcValue[];

  constructor(values: readonly XmlRpcValue[]) {
    this.#values = values;
  }

  has(index: number): boolean {
    return index < this.#values.length;
  }

  string(index: number): string {
    const value = this.#at(index);
    return value.type === "string" ? value.value : wrongType("string");
  }

  int(index: number): number {
    const value = this.#at(index);
    return value.type === "int" ? value.value : wrongType("integer");
  }

  boolean(index: number): boolean {
    const value = this.#at(index);
    return value.type === "boolean" ? value.value : wrongType("boolean");
  }

  ints(index: number): number[] {
    const value = this.#at(index);
    if (value.type !== "array") {
      return wrongType("array");
    }
    return value.value.map((item) => (item.type === "int" ? item.value : wrongType("integer")));
  }

  #at(index: number): XmlRpcValue {
    const value = this.#values[index];
    if (value === undefined) {
      throw new XmlRpcFault(-501, "Not enough parameters");
    }
    return value;
  }
}

function wrongType(wanted: string): never {
  throw new XmlRpcFault(-501, `Parameter that is supposed to be ${wanted} is not`);
}
