/**
 * Content-defined cutting with a 64-bit gear hash: our own cut points, fixed for ever by golden vectors.
 *
 *   h = 0 at the start of a chunk; for each byte b from offset `min - 64` of the chunk on: h = (h << 1) + G[b] mod 2^64
 *   cut behind the byte at offset n >= min when (h & mask) = 0, at the latest when the chunk has `max` bytes
 *   mask = the bits 62 … 63-k of h, with k = log2(average) + 2 for n < average and log2(average) - 2 from there on
 *   min = average / 4, max = 2 * average; G[b] = first 8 bytes (little endian) of SHA-256 of `GEAR_TITLE` and the byte b
 *
 * h depends on the last 64 bytes only, so a cut depends on content and not on where the chunk began. The two masks
 * (normalised chunking) pull sizes towards the average. Bit 63 stays out of the masks: the loop takes two bytes per
 * shift, with a second table 2*G, and tests the hash of the first byte one place to the left.
 */

import { createHash } from "node:crypto";
import { assertInvariant } from "@ironcore-backup/base";
import { instantiate, PAGE_COUNT_MAX } from "./chunk-memory.ts";
import type { WasmMemory } from "./chunk-memory.ts";
import { SCAN_PIECE_SIZE_BYTES } from "./cut-scanner.ts";
import type { CutScanner } from "./cut-scanner.ts";
import { assembleModule, op, sequence, unroll } from "./wasm-assembler.ts";
import type { Code } from "./wasm-assembler.ts";

const GEAR_TITLE = "ironcore-backup gear table v1";
/** Bytes that the hash remembers. */
const GEAR_WINDOW_SIZE_BYTES = 64;
const AVERAGE_SIZE_BYTES_MIN = 1024;
const AVERAGE_SIZE_BYTES_MAX = 8 * 1024 * 1024;

/** Where the tables lie in page 0: G at 0, 2*G behind it, 256 entries of 8 bytes each. */
const TABLE_OFFSET = 0;
const DOUBLED_TABLE_OFFSET = 2048;
/** 16 was 10 % faster than 8, and 4, one 8-byte load per round or a shorter chain of additions were slower. */
const UNROLLED_BYTES = 16;

/** The 256 numbers of the hash. */
export function gearTable(): BigUint64Array {
  const table = new BigUint64Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const digest = createHash("sha256").update(GEAR_TITLE).update(Uint8Array.of(byte)).digest();
    table[byte] = digest.readBigUInt64LE(0);
  }
  return table;
}

// Locals of both functions: at, end, bits are parameters, the others working variables.
const AT = 0;
const END = 1;
const BITS = 2;
const HASH = 3;
const MASK = 4;
const MASK_DOUBLED = 5;
const UNROLL_END = 6;

/** Table entry of the byte at `at + index`. */
function entryOf(tableOffset: number, index: number): Code {
  return sequence(op.localGet(AT), op.i32Load8u(index), op.i32Const(3), op.i32Shl, op.i64Load(tableOffset));
}

/** h = (h << shift) + entry */
function advance(shift: number, entry: Code): Code {
  const shifted = shift === 0 ? [] : sequence(op.i64Const(BigInt(shift)), op.i64Shl);
  return sequence(op.localGet(HASH), shifted, entry, op.i64Add);
}

function branchOnCut(mask: number, depth: number): Code {
  return sequence(op.localGet(mask), op.i64And, op.i64Eqz, op.branchIf(depth));
}

/** at += count; then leaves the block or goes round, by the caller's branch. */
function step(count: number): Code {
  return sequence(op.localGet(AT), op.i32Const(count), op.i32Add, op.localSet(AT));
}

/** Leaves the enclosing block (depth 1 from inside the loop) when `at` has reached the limit. */
function leaveAt(limit: number, depth: number): Code {
  return sequence(op.localGet(AT), op.localGet(limit), op.i32GeU, op.branchIf(depth));
}

/** Sets the masks from the number of bits. */
const PREPARE_MASKS: Code = sequence(
  op.i64Const(1n),
  op.localGet(BITS),
  op.i64ExtendI32U,
  op.i64Shl,
  op.i64Const(1n),
  op.i64Sub,
  op.i64Const(63n),
  op.localGet(BITS),
  op.i64ExtendI32U,
  op.i64Sub,
  op.i64Shl,
  op.localTee(MASK),
  op.i64Const(1n),
  op.i64Shl,
  op.localSet(MASK_DOUBLED),
);

/**
 * One round of the unrolled loop. It stands inside the loop, inside the block that is left at the end, inside one block
 * per byte that is left at a cut: the exits lie outside, so that the loop has no branch that is usually taken.
 */
function scanUnrolled(): Code {
  const pair = (index: number): Code =>
    index % 2 === 0
      ? sequence(
          advance(2, entryOf(DOUBLED_TABLE_OFFSET, index)),
          op.localTee(HASH),
          branchOnCut(MASK_DOUBLED, 2 + index),
        )
      : sequence(advance(0, entryOf(TABLE_OFFSET, index)), op.localTee(HASH), branchOnCut(MASK, 2 + index));
  const round = sequence(
    leaveAt(UNROLL_END, 1),
    unroll(UNROLLED_BYTES, pair),
    step(UNROLLED_BYTES),
    op.branch(0),
  );
  // Block 0 from inside is the loop, 1 the regular end, 2 + index the exit of the byte `index`.
  let code = op.block(op.loop(round));
  code = sequence(code, op.branch(UNROLLED_BYTES));
  for (let index = 0; index < UNROLLED_BYTES; index++) {
    const exit = sequence(op.localGet(AT), op.i32Const(index + 1), op.i32Add, op.return);
    code = sequence(op.block(code), exit);
  }
  return op.block(code);
}

/** `scan(at, end, bits)`: the address behind the byte that ends the chunk, or 0. The hash stays in global 0. */
const SCAN = {
  name: "scan",
  parameterCount: 3,
  returnsI32: true,
  localTypes: ["i64", "i64", "i64", "i32"],
  body: sequence(
    PREPARE_MASKS,
    op.globalGet(0),
    op.localSet(HASH),
    op.localGet(END),
    op.i32Const(UNROLLED_BYTES - 1),
    op.i32Sub,
    op.localSet(UNROLL_END),
    scanUnrolled(),
    op.block(
      op.loop(
        sequence(
          leaveAt(END, 1),
          advance(1, entryOf(TABLE_OFFSET, 0)),
          op.localSet(HASH),
          step(1),
          op.localGet(HASH),
          op.localGet(MASK),
          op.i64And,
          op.i64Eqz,
          op.if(sequence(op.localGet(AT), op.return)),
          op.branch(0),
        ),
      ),
    ),
    op.localGet(HASH),
    op.globalSet(0),
    op.i32Const(0),
  ),
} as const;

/** `roll(at, end, bits)`: begins at h = 0 and takes the bytes without a test. */
const ROLL = {
  name: "roll",
  parameterCount: 2,
  returnsI32: false,
  localTypes: ["i32", "i64"],
  body: sequence(
    op.block(
      op.loop(
        sequence(
          leaveAt(END, 1),
          advance(1, entryOf(TABLE_OFFSET, 0)),
          op.localSet(HASH),
          step(1),
          op.branch(0),
        ),
      ),
    ),
    op.localGet(HASH),
    op.globalSet(0),
  ),
} as const;

/** The module's bytes, made anew on each call. */
export function gearModule(): Uint8Array {
  return assembleModule([SCAN, ROLL], PAGE_COUNT_MAX);
}

interface GearExports {
  scan(at: number, end: number, bits: number): number;
  roll(at: number, end: number): void;
}

/**
 * @param memory  the chunk memory; its page 0 gets the tables
 * @param averageSizeBytes  a power of two, 1 KiB to 8 MiB; chunks have a quarter to twice of it
 * @throws INVARIANT_BROKEN for another average
 */
export function createGearScanner(memory: WasmMemory, averageSizeBytes: number): CutScanner {
  const averageBits = Math.log2(averageSizeBytes);
  assertInvariant(
    Number.isInteger(averageBits) &&
      averageSizeBytes >= AVERAGE_SIZE_BYTES_MIN &&
      averageSizeBytes <= AVERAGE_SIZE_BYTES_MAX,
    "a gear average is a power of two from 1 KiB to 8 MiB",
  );
  const table = gearTable();
  new BigUint64Array(memory.buffer, TABLE_OFFSET, 256).set(table);
  new BigUint64Array(memory.buffer, DOUBLED_TABLE_OFFSET, 256).set(table.map((entry) => entry << 1n));
  // The two exported functions are defined above with exactly these parameters.
  const gear = instantiate(gearModule(), memory) as GearExports;
  const min = averageSizeBytes / 4;
  const max = averageSizeBytes * 2;

  return {
    chunkSizeBytesMax: max,
    scan(startAddress, scannedBytes, filledBytes) {
      const end = Math.min(filledBytes, max);
      let at = scannedBytes;
      if (at < min) {
        // The window is filled only when all of it is there, so that one call of `roll` does it.
        if (end < min) return 0;
        gear.roll(startAddress + min - GEAR_WINDOW_SIZE_BYTES, startAddress + min);
        at = min;
      }
      while (at < end) {
        const isHard = at < averageSizeBytes;
        const limit = Math.min(end, at + SCAN_PIECE_SIZE_BYTES, isHard ? averageSizeBytes : max);
        const cut = gear.scan(
          startAddress + at,
          startAddress + limit,
          isHard ? averageBits + 2 : averageBits - 2,
        );
        if (cut !== 0) return cut - startAddress;
        at = limit;
      }
      return end === max ? max : 0;
    },
  };
}
