/** The server of the bench of event readers, a process of its own: `DATA-DIRECTORY READERS-PER-USER`. Prints its address. */

import { startServer } from "@ironcore-backup/server";

const [, , dataDir = "", readerCount = "200"] = process.argv;
const server = await startServer(
  {
    dataDir,
    listen: { host: "127.0.0.1", port: 0 },
    slotCounts: { worker: 4, verifier: 1, gc: 1, sync: 1 },
    logTarget: "file",
    eventReadersPerUserMax: Number(readerCount),
  },
  { registryUrl: new URL("./ticking-operations.ts", import.meta.url) },
);
process.stdout.write(`${server.url}\n`);
