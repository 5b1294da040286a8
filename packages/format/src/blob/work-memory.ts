/**
 * Memory that one thread uses for one result after the other.
 *
 * A fresh buffer of a chunk's size costs more than a third of what decompressing into it does: the kernel hands out its
 * pages one fault at a time and clears them, and Node gives it back long after it was used, so that several of them
 * are in memory at once. One buffer that is used again costs neither.
 */

/** Sizes grow in steps, so that a sequence of ever larger chunks does not allocate each time. */
const STEP_SIZE_BYTES = 1024 * 1024;

export interface WorkMemory {
  /** At least this many bytes with any content. What an earlier call gave is the same memory: it is over then. */
  take(sizeBytes: number): Buffer;
  free(): void;
}

export function createWorkMemory(): WorkMemory {
  let memory = Buffer.alloc(0);
  return {
    take: (sizeBytes) => {
      if (memory.length < sizeBytes) {
        memory = Buffer.allocUnsafeSlow(Math.ceil(sizeBytes / STEP_SIZE_BYTES) * STEP_SIZE_BYTES);
      }
      return memory;
    },
    free: () => {
      memory = Buffer.alloc(0);
    },
  };
}
