/** The marks of an axis that begins at 0. The last one is not below `most`. */
export function marks(most: number): readonly number[] {
  const step = STEPS.find((step) => most / step <= MOST_MARKS) ?? most / MOST_MARKS;
  const count = Math.max(1, Math.ceil(most / step - SLACK));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

const MOST_MARKS = 5;
const STEPS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
/** Of a step: what is over by less still lies within. */
const SLACK = 0.02;
