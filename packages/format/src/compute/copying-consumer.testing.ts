/** Test support: a consumer that answers with a copy of the chunk, or fails when its task says so. */

import type { ChunkConsumer } from "./chunk-decoder-contract.ts";

export function open(): ChunkConsumer {
  return {
    consume(raw, task) {
      if (task === "throw") throw new TypeError("the consumer was told to fail");
      if (task === "exit") process.exit(4);
      if (task === "hang") for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return raw.slice();
    },
    close: () => undefined,
  };
}
