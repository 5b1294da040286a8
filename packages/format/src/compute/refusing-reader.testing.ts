/** Test support: a reader that has nothing. */

import { baseErrors } from "@ironcore-backup/base";
import type { ThreadChunkReader } from "./thread-module.ts";

export function open(): ThreadChunkReader {
  return {
    read() {
      throw baseErrors.NAME_INVALID({ kind: "chunk", text: "x", rule: "the reader was told to refuse" });
    },
    close: () => undefined,
  };
}
