/**
 * A thread of the worker process that needs nothing from its main thread: when the server is gone and the process is
 * still there after the grace, it kills the process and what it started, whatever the main thread hangs in.
 */

import { workerData } from "node:worker_threads";
import { createSystemClock } from "@ironcore-backup/base";
import { endOwnGroup } from "./process-group.ts";
import { ORPHAN_GRACE_MS } from "./worker-message.ts";

const LOOK_INTERVAL_MS = 500;

// Given by worker-entry.ts when it starts this thread.
const { parentPid } = workerData as { readonly parentPid: number };
const clock = createSystemClock();

while (process.ppid === parentPid) await clock.sleep(LOOK_INTERVAL_MS);
await clock.sleep(ORPHAN_GRACE_MS);
endOwnGroup();
