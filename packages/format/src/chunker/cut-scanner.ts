/** What the pipeline asks of a chunker: look at bytes in place, say where the chunk ends. */

export interface CutScanner {
  /** No chunk is longer. */
  readonly chunkSizeBytesMax: number;
  /**
   * Looks at the next bytes of the current chunk. Feeding the same bytes in other pieces gives the same cuts.
   *
   * @param startAddress  where the chunk's first byte lies in the chunk memory
   * @param scannedBytes  how many of the chunk's bytes earlier calls have looked at; 0 begins a new chunk
   * @param filledBytes   how many of the chunk's bytes lie there now
   * @returns             the chunk's length when it ends within `filledBytes`, else 0
   */
  scan(startAddress: number, scannedBytes: number, filledBytes: number): number;
}

/** Chunks of one size, the last one shorter. */
export function createFixedScanner(chunkSizeBytes: number): CutScanner {
  return {
    chunkSizeBytesMax: chunkSizeBytes,
    scan: (_startAddress, _scannedBytes, filledBytes) => (filledBytes >= chunkSizeBytes ? chunkSizeBytes : 0),
  };
}

/**
 * One call of compiled code looks at no more than this. There is no on-stack replacement in WebAssembly: a long first
 * call would stay in the slow tier to its end.
 */
export const SCAN_PIECE_SIZE_BYTES = 262_144;
