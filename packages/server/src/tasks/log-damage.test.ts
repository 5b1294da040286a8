import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLogStore } from "./log-store.ts";
import type { LogStore } from "./log-store.ts";
import { aReportedLine } from "./log-store.testing.ts";

let root = "";
const stores: LogStore[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ironcore-log-"));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(root, { recursive: true, force: true });
});

function open(): LogStore {
  const store = createLogStore(root);
  stores.push(store);
  return store;
}

const plainPath = (taskId: number): string =>
  join(root, (taskId & 0xff).toString(16).padStart(2, "0"), `${taskId.toString(16).padStart(8, "0")}.jsonl`);
const ALL = { start: 1, limit: 10_000, level: undefined };

async function numbersOf(store: LogStore, taskId: number): Promise<number[]> {
  return (await store.readPage(taskId, ALL)).lines.map((line) => line.number);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

/** A log of several blocks. */
async function writeLong(store: LogStore, taskId: number, count = 2000): Promise<void> {
  await store.append(
    taskId,
    upTo(count).map((number) => aReportedLine(`line ${number}`)),
  );
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

test.each<[string, (bytes: Buffer) => Buffer]>([
  ["empty", () => Buffer.alloc(0)],
  ["cut", (bytes) => bytes.subarray(0, bytes.length - 1)],
  ["cut in the frames", (bytes) => bytes.subarray(0, 3000)],
  ["without its frames", (bytes) => bytes.subarray(bytes.length - 200)],
  ["changed in its index", (bytes) => changed(bytes, bytes.length - 60)],
  ["changed in its trailer", (bytes) => changed(bytes, bytes.length - 7)],
  ["changed in a frame", (bytes) => changed(bytes, 600)],
  ["of zeros", (bytes) => Buffer.alloc(bytes.length)],
  ["of something else", () => Buffer.from("this is no log, it only has its name".repeat(100))],
])("a compressed log that is %s is named as damaged", async (_title, damage) => {
  const store = open();
  await writeLong(store, 1);
  await store.finish(1);
  await store.idle();
  const path = `${plainPath(1)}.zst`;
  writeFileSync(path, damage(readFileSync(path)));
  await expect(store.readPage(1, ALL)).rejects.toMatchObject({ code: "TASK_LOG_DAMAGED", context: { path } });
  await expect(textOf(store.streamText(1, { level: undefined }))).rejects.toMatchObject({
    code: "TASK_LOG_DAMAGED",
  });
  await expect(store.append(1, [aReportedLine("late")])).rejects.toMatchObject({ code: "TASK_LOG_DAMAGED" });
  await store.remove(1);
  expect(await numbersOf(store, 1)).toEqual([]);
});

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
}

test.each<[string, (text: string) => string]>([
  ["has a line that is not ours", (text) => text.replace('{"number":600,', '{"numb":600,')],
  ["lacks a line", (text) => text.replace(/\{"number":600,.*\n/, "")],
  ["has a line that is no JSON", (text) => text.replace('"message":"line 600"', '"message:"line 600"')],
])("a plain log that %s is named as damaged", async (_title, damage) => {
  const store = open();
  await writeLong(store, 1);
  await store.close();
  writeFileSync(plainPath(1), damage(readFileSync(plainPath(1), "utf8")));
  rmSync(`${plainPath(1)}.idx`);
  const again = open();
  await expect(again.readPage(1, ALL)).rejects.toMatchObject({
    code: "TASK_LOG_DAMAGED",
    context: { path: plainPath(1) },
  });
});
