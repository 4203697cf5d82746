import { openSqliteQueues } from "../../functions/shared/queue/sqlite-queues.ts";

/*
 * A producer to be killed: `node send-until-killed.ts FILE QUEUE [COUNT]` sends 0, 1, 2 … as fast as it can and prints each
 * number when its send has resolved. After COUNT of them, if given, it ends by itself.
 */
const [path = "", name = "", count = "Infinity"] = process.argv.slice(2);
const queue = await openSqliteQueues(path).open(name);
for (let number = 0; number < Number(count); number++) {
  await queue.send({
    body: String(number),
    group: `group-${number % 7}`,
    deduplicationId: `id-${number}`,
  });
  process.stdout.write(`${number}\n`);
}
