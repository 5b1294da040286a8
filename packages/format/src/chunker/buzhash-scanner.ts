/**
 * Content-defined cutting as the stock client does it (format page 5.2), for deduplication across clients.
 *
 * The hash covers the last 64 bytes of the chunk: h = rotl(h, 1) ^ T[b leaving] ^ T[b entering]. A chunk lies whole in
 * memory, so the leaving byte is read from 64 places before; there is no window to carry along. A chunk ends behind the
 * first byte with n >= min and (h & (2 * average - 1)) >= 2 * average - 3, at the latest at max. As the hash is one of
 * the window only, nothing before `min - 65` is looked at.
 */

import { assertInvariant } from "@ironcore-backup/base";
import { BUZHASH_TABLE } from "./buzhash-table.ts";
import { instantiate, PAGE_COUNT_MAX } from "./chunk-memory.ts";
import type { WasmMemory } from "./chunk-memory.ts";
import { SCAN_PIECE_SIZE_BYTES } from "./cut-scanner.ts";
import type { CutScanner } from "./cut-scanner.ts";
import { assembleModule, op, sequence } from "./wasm-assembler.ts";
import type { Code } from "./wasm-assembler.ts";

const WINDOW_SIZE_BYTES = 64;
const AVERAGE_SIZE_BYTES_MIN = 512;
const AVERAGE_SIZE_BYTES_MAX = 4 * 1024 * 1024;
/** Where the table lies in page 0, behind the tables of the gear hash: 256 entries of 4 bytes. */
const TABLE_OFFSET = 4096;

// Parameters and locals: `scan(at, end, ~mask, h)` and `roll(at, end)`.
const AT = 0;
const END = 1;
const UNMASKED_BITS = 2;
const HASH = 3;

const leaveAtEnd: Code = sequence(op.localGet(AT), op.localGet(END), op.i32GeU, op.branchIf(1));
const nextByte: Code = sequence(op.localGet(AT), op.i32Const(1), op.i32Add, op.localSet(AT));
const rotated: Code = sequence(op.localGet(HASH), op.i32Const(1), op.i32Rotl);

/** Table entry of the byte that lies `behind` places before `at`. */
function entryOf(behind: number): Code {
  const address = behind === 0 ? op.localGet(AT) : sequence(op.localGet(AT), op.i32Const(behind), op.i32Sub);
  return sequence(address, op.i32Load8u(0), op.i32Const(2), op.i32Shl, op.i32Load(TABLE_OFFSET));
}

const saveHash: Code = sequence(op.localGet(HASH), op.i64ExtendI32U, op.globalSet(0));

/** The address behind the byte that ends the chunk, or 0. `h` is kept in global 0. */
const SCAN = {
  name: "scan",
  parameterCount: 3,
  returnsI32: true,
  localTypes: ["i32"],
  body: sequence(
    op.globalGet(0),
    op.i32WrapI64,
    op.localSet(HASH),
    op.block(
      op.loop(
        sequence(
          leaveAtEnd,
          rotated,
          entryOf(WINDOW_SIZE_BYTES),
          op.i32Xor,
          entryOf(0),
          op.i32Xor,
          op.localSet(HASH),
          nextByte,
          // (h & mask) >= mask - 2 is the same as (h | ~mask) >= 2^32 - 3, unsigned.
          op.localGet(HASH),
          op.localGet(UNMASKED_BITS),
          op.i32Or,
          op.i32Const(-3),
          op.i32GeU,
          op.if(sequence(op.localGet(AT), op.return)),
          op.branch(0),
        ),
      ),
    ),
    saveHash,
    op.i32Const(0),
  ),
} as const;

/** Begins at h = 0 and takes the bytes of one window, none leaving. */
const ROLL = {
  name: "roll",
  parameterCount: 2,
  returnsI32: false,
  localTypes: ["i32", "i32"],
  body: sequence(
    op.block(
      op.loop(
        sequence(leaveAtEnd, rotated, entryOf(0), op.i32Xor, op.localSet(HASH), nextByte, op.branch(0)),
      ),
    ),
    saveHash,
  ),
} as const;

interface BuzhashExports {
  scan(at: number, end: number, unmaskedBits: number): number;
  roll(at: number, end: number): void;
}

/**
 * @param memory  the chunk memory; its page 0 gets the table
 * @param averageSizeBytes  a power of two, 512 bytes to 4 MiB; chunks have a quarter to four times of it
 * @throws INVARIANT_BROKEN for another average
 */
export function createBuzhashScanner(memory: WasmMemory, averageSizeBytes: number): CutScanner {
  assertInvariant(
    Number.isInteger(Math.log2(averageSizeBytes)) &&
      averageSizeBytes >= AVERAGE_SIZE_BYTES_MIN &&
      averageSizeBytes <= AVERAGE_SIZE_BYTES_MAX,
    "a buzhash average is a power of two from 512 bytes to 4 MiB",
  );
  new Uint32Array(memory.buffer, TABLE_OFFSET, 256).set(BUZHASH_TABLE);
  // The two exported functions are defined above with exactly these parameters.
  const buzhash = instantiate(assembleModule([SCAN, ROLL], PAGE_COUNT_MAX), memory) as BuzhashExports;
  const min = averageSizeBytes / 4;
  const max = averageSizeBytes * 4;
  const unmaskedBits = ~(2 * averageSizeBytes - 1);
  // The first tested hash is the one of a chunk of `min` bytes, so rolling ends one byte before.
  const scanFrom = min - 1;

  return {
    chunkSizeBytesMax: max,
    scan(startAddress, scannedBytes, filledBytes) {
      const end = Math.min(filledBytes, max);
      let at = scannedBytes;
      if (at < scanFrom) {
        if (end < scanFrom) return 0;
        buzhash.roll(startAddress + scanFrom - WINDOW_SIZE_BYTES, startAddress + scanFrom);
        at = scanFrom;
      }
      while (at < end) {
        const limit = Math.min(end, at + SCAN_PIECE_SIZE_BYTES);
        const cut = buzhash.scan(startAddress + at, startAddress + limit, unmaskedBits);
        if (cut !== 0) return cut - startAddress;
        at = limit;
      }
      return end === max ? max : 0;
    },
  };
}
