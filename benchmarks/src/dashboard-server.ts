/** The server of the bench of the dashboard, a process of its own: `DATA-DIRECTORY SLOTS`. Prints its address, and the first password. */

import { startServer } from "@ironcore-backup/server";

const [, , dataDir = "", slotCount = "200"] = process.argv;
const server = await startServer(
  {
    dataDir,
    listen: { host: "127.0.0.1", port: 0 },
    slotCounts: { worker: Number(slotCount), verifier: 1, gc: 1, sync: 1 },
    logTarget: "file",
  },
  { registryUrl: new URL("./pulsing-operations.ts", import.meta.url) },
);
process.stdout.write(`${server.url} ${server.firstAdministrator?.password ?? ""}\n`);
