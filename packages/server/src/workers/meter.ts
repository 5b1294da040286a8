/** The part of a datastore's bandwidth that goes to something in the server itself and is no task: a download. */

import type { Bandwidth } from "./bandwidth.ts";
import { createPacer } from "./pacer.ts";

export interface Meter {
  /** Waits while the datastore's limit, shared with the tasks that run on it, allows no more. @throws CANCELLED */
  pace(bytes: number, signal: AbortSignal): Promise<void> | undefined;
  close(): void;
}

export function openMeter(bandwidth: Bandwidth, datastore: string): Meter {
  // Tasks are known by their UPIDs; a symbol is like none of them, and like no other meter's.
  const id = Symbol(datastore);
  const pacer = createPacer({ ask: (bytes) => bandwidth.moved(id, bytes) });
  bandwidth.enter(id, { datastore, limitBytesPerSecond: undefined, send: (grant) => pacer.granted(grant) });
  return {
    pace: (bytes, signal) => pacer.pace(bytes, signal),
    close: () => bandwidth.leave(id),
  };
}
