import { expect, test } from "vitest";
import { baseErrors } from "@ironcore-backup/base";
import { createJobBoard, JobBoard } from "./job-board.ts";
import type { ChunkJobResult } from "./job-board.ts";

function resultOf(byte: number): ChunkJobResult {
  return {
    digest: new Uint8Array(32).fill(byte),
    outcome: byte % 2 === 0 ? "stored" : "known",
    compressedSizeBytes: byte * 10,
    storedSizeBytes: byte * 20,
    hashMs: byte,
    compressMs: 0.5,
    encryptMs: 0.25,
    insertMs: 0.125,
  };
}

test("jobs are taken in order, finished in any, and picked up with their own results", () => {
  const board = createJobBoard(4);
  const thread = new JobBoard(board.shared);
  for (let round = 0; round < 30; round++) {
    const first = round * 3;
    for (let i = 0; i < 3; i++)
      board.publish(first + i, { address: 65_536 + i, sizeBytes: i + 1, detectZeros: i === 1 });
    const taken = [thread.take(), thread.take(), thread.tryTake()];
    expect(taken).toEqual([first, first + 1, first + 2]);
    expect(thread.tryTake()).toBeUndefined();
    expect(thread.jobAt(first + 1)).toEqual({ address: 65_537, sizeBytes: 2, detectZeros: true });
    const before = board.eventCount();
    thread.finish(first + 2, resultOf(2));
    expect(board.waitForEvent(before, 0), "an event that has happened needs no waiting").toBe(true);
    expect([board.pickUp(first), board.pickUp(first + 2)]).toEqual([undefined, resultOf(2)]);
    thread.finish(first, resultOf(0));
    thread.finish(first + 1, resultOf(1));
    expect([board.pickUp(first), board.pickUp(first + 1)]).toEqual([resultOf(0), resultOf(1)]);
  }
});

test("a wait without an event ends by its time", () => {
  const board = createJobBoard(4);
  expect(board.waitForEvent(board.eventCount(), 1)).toBe(false);
});

test("after a stop nothing is taken, not even what was published", () => {
  const board = createJobBoard(4);
  board.publish(0, { address: 0, sizeBytes: 1, detectZeros: false });
  board.stop();
  board.publish(1, { address: 0, sizeBytes: 1, detectZeros: false });
  expect([board.take(), board.tryTake(), board.isStopped()]).toEqual([undefined, undefined, true]);
});

test("the first failure is kept, stops the board and counts as an event", () => {
  const board = createJobBoard(4);
  const seen = board.eventCount();
  expect(board.failure()).toBeUndefined();
  const error = baseErrors.NAME_INVALID({ kind: "thing", text: "é", rule: "plain" });
  board.fail(error.toJSON());
  board.fail(baseErrors.CANCELLED({}).toJSON());
  expect(board.failure()?.toJSON()).toEqual(error.toJSON());
  expect(board.waitForEvent(seen, 0)).toBe(true);
  expect(board.take()).toBeUndefined();
});

test("a failure too long for its place keeps code and beginning", () => {
  const board = createJobBoard(4);
  board.fail(baseErrors.INTERNAL_ERROR({ detail: "long ".repeat(10_000) }).toJSON());
  expect(board.failure()).toMatchObject({ code: "INTERNAL_ERROR", context: {} });
  expect(board.failure()?.message).toContain("long long");
});
