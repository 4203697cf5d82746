/** Tells on standard error what is being measured, and since when: findings alone go to standard output. */
export function progress(text: string): void {
  process.stderr.write(`[${(performance.now() / 1000).toFixed(0).padStart(4)} s] ${text}\n`);
}
