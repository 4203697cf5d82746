/** Numbers that a seed determines: the same input again for the same seed. */
export interface Random {
  /** From 0 to below `bound`. */
  below(bound: number): number;
  pick<T>(values: readonly T[]): T;
  /** True in so many of a hundred cases. */
  percent(percent: number): boolean;
}

/** splitmix32; good enough to choose, and quick. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const below = (bound: number) => Math.floor((next() / 2 ** 32) * bound);
  return {
    below,
    pick: <T>(values: readonly T[]): T => {
      const value = values[below(values.length)];
      if (value === undefined) {
        throw new RangeError("nothing to pick from");
      }
      return value;
    },
    percent: (percent) => below(100) < percent,
  };
}

/** The seed of one input of a run. */
export function seedOf(run: number, index: number): number {
  return (Math.imul(run, 0x9e3779b1) + Math.imul(index, 0x85ebca77)) >>> 0;
}
