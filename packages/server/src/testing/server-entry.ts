/** A server with the tests' operations, as a process of its own that a test can kill. Prints its address. */

import { startServer } from "../main.ts";

const server = await startServer(
  {
    dataDir: process.argv[2] ?? "",
    listen: { host: "127.0.0.1", port: 0 },
    slotCounts: { worker: 2, verifier: 1, gc: 1, sync: 1 },
    logTarget: "file",
  },
  {
    registryUrl: new URL("./operations-entry.ts", import.meta.url),
    onWorkerLost: async () => undefined,
  },
);
process.stdout.write(`${server.url}\n`);
