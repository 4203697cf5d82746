/*
 * Each look for a program in a directory of the PATH is an operation of the disk, which a schedule counts: with the PATH of whoever runs
 * it, a seed would not be the same schedule everywhere. So all simulated processes have this one, with every program in its last directory.
 */

/** As many directories as there were where most recorded schedules were found. */
const DIRECTORIES = Array.from({ length: 12 }, (_, index) => `/programs-${index + 1}`);

/** The PATH of all simulated processes. */
export const PROGRAM_PATH = DIRECTORIES.join(":");

/** Whether there is a program of that path. */
export function isProgram(path: string): boolean {
  return path.startsWith(`${DIRECTORIES.at(-1)}/`);
}
