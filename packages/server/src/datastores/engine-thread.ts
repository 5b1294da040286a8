/** A thread that works on one datastore, so that a slow or hanging disk holds up nobody but those who ask for it. */

import { parentPort } from "node:worker_threads";
import { createSystemClock, createSystemRandom, toCodedError } from "@ironcore-backup/base";
import { createRealDisk } from "@ironcore-backup/engine";
import type { EngineCall } from "./datastore-engine.ts";
import { createLocalEngine } from "./local-engine.ts";

export interface EngineRequest {
  readonly id: number;
  readonly call: EngineCall;
  readonly parameters: readonly unknown[];
}

const engine = createLocalEngine({
  disk: createRealDisk(),
  clock: createSystemClock(),
  random: createSystemRandom(),
});

async function answer({ id, call, parameters }: EngineRequest): Promise<void> {
  try {
    // The other side builds the call from the same interface.
    const method = engine[call] as (...parameters: readonly unknown[]) => Promise<unknown>;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort?.postMessage({ id, result: await method(...parameters) });
  } catch (cause) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    parentPort?.postMessage({ id, error: toCodedError(cause).toJSON() });
  }
}

parentPort?.on("message", (request: EngineRequest) => void answer(request));
