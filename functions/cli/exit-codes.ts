/** The work failed, or something is not as it should be. */
export const EXIT_FAILED = 1;
/** The command line or a setting is wrong; nothing was done. */
export const EXIT_USAGE = 2;
/** `doctor`: nothing is broken, but something is not as it should be. */
export const EXIT_WARNINGS = 3;
/** Nobody has read the answer: what a shell says of a program that SIGPIPE has ended (128 + 13). */
export const EXIT_READER_GONE = 141;
