/** Test support: a thread that claims 20,000 digests, the same in every thread, when all are ready. */

import { parentPort, workerData } from "node:worker_threads";
import { createSeededRandom } from "@ironcore-backup/base";
import { openDigestTable } from "./digest-table.ts";

// The test posts exactly this.
const { shared, start } = workerData as { shared: SharedArrayBuffer; start: Int32Array };
const table = openDigestTable(shared);
const random = createSeededRandom(42);
const digests = Array.from({ length: 20_000 }, () => random.bytes(32));
Atomics.add(start, 0, 1);
while (Atomics.load(start, 0) >= 0) Atomics.wait(start, 0, Atomics.load(start, 0), 10);
let claimedCount = 0;
for (const digest of digests) if (table.claim(digest) === "claimed") claimedCount++;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(claimedCount);
