/** Test support: a chunk writer that keeps nothing, for measuring what lies before the store. */

import type { ThreadChunkWriter } from "./thread-module.ts";

export function open(data: { readonly isKnown: boolean }): ThreadChunkWriter {
  return {
    touch: () => data.isKnown,
    insert: () => ({ outcome: "stored" }),
    close: () => undefined,
  };
}
