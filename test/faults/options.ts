/** How long each test that goes on at random does so, in seconds. */
export const chaosSeconds = Number(process.env["FAULTS_SECONDS"] ?? "15");

/** What the choices of such a test follow from; the machine's timing decides the rest. */
export const seed = Number(process.env["FAULTS_SEED"] ?? String(Date.now() % 1_000_000));

/** Why a test that takes minutes is left out of a short run; false in a long one. */
export const onlyInLongRuns = chaosSeconds < 60 && "only with --seconds 60 or more";

/** How many images are announced at once. */
export const manyImages = Number(process.env["FAULTS_IMAGES"] ?? "300");
