/** The server of the bench of the task history, a process of its own: `DATA-DIRECTORY`. Prints its address. */

import { startServer } from "@ironcore-backup/server";

const [, , dataDir = ""] = process.argv;
const server = await startServer(
  {
    dataDir,
    listen: { host: "127.0.0.1", port: 0 },
    slotCounts: { worker: 20, verifier: 1, gc: 1, sync: 1 },
    logTarget: "file",
  },
  { registryUrl: new URL("./ticking-operations.ts", import.meta.url) },
);
process.stdout.write(`${server.url}\n`);
