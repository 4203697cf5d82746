/** An environment has at most some MiB (execve allows a quarter of the stack, and 128 KiB a variable). */
export const MAX_ENTRY_BYTES = 8 * 2 ** 20;
