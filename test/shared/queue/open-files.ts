import { join } from "node:path";
import { openQueueFile } from "../../../functions/shared/queue/sqlite-file.ts";

/* A process that opens new files, one each twenty milliseconds from a moment on: open-files.ts DIRECTORY MOMENT FILES. */
const [directory = "", moment = "", files = ""] = process.argv.slice(2);
for (let file = 0; file < Number(files); file += 1) {
  while (Date.now() < Number(moment) + file * 20) {
    // Others do the same, in the same millisecond.
  }
  openQueueFile(join(directory, `${file}.sqlite`)).close();
}
