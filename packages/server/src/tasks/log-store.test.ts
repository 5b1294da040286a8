import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { constants, zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TaskLogLine } from "@ironcore-backup/protocol";
import { formatLogLine } from "./log-line.ts";
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

function open(warn?: (code: string) => void): LogStore {
  const store = createLogStore(root, warn === undefined ? {} : { warn });
  stores.push(store);
  return store;
}

const plainPath = (taskId: number): string =>
  join(root, (taskId & 0xff).toString(16).padStart(2, "0"), `${taskId.toString(16).padStart(8, "0")}.jsonl`);
const filesOf = (taskId: number): string[] =>
  readdirSync(dirname(plainPath(taskId)))
    .map((name) => name.replace(/^[0-9a-f]+/, ""))
    .toSorted();
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

test("half a line that a killed server left is cut off, and numbering goes on", async () => {
  const first = open();
  await first.append(5, [aReportedLine("one"), aReportedLine("two", { level: "warning" })]);
  await first.close();
  appendFileSync(plainPath(5), '{"number":3,"at":1,"level":"in');
  const second = open();
  expect(await numbersOf(second, 5)).toEqual([1, 2]);
  await second.append(5, [aReportedLine("three", { level: "error" })]);
  const { lines } = await second.readPage(5, { start: 2, limit: 10, level: "warning" });
  expect(lines.map((line) => [line.number, line.message])).toEqual([
    [2, "two"],
    [3, "three"],
  ]);
});

test("zeros that a power cut left in place of lines are cut off like half a line", async () => {
  const first = open();
  await first.append(5, [aReportedLine("one")]);
  await first.close();
  appendFileSync(plainPath(5), Buffer.alloc(5000));
  appendFileSync(plainPath(5), '\n{"number":9}\n');
  const second = open();
  expect(await numbersOf(second, 5)).toEqual([1]);
  await second.append(5, [aReportedLine("two")]);
  expect(await numbersOf(second, 5)).toEqual([1, 2]);
});

test.each(["missing", "torn", "of another log", "garbage"])(
  "an index that is %s is built again from the log",
  async (damage) => {
    const store = open();
    for (let batch = 0; batch < 4; batch++) {
      await store.append(
        7,
        upTo(500).map((at) => aReportedLine("x", at === 1 ? { level: "error" } : {})),
      );
    }
    await store.close();
    const path = `${plainPath(7)}.idx`;
    if (damage === "missing") rmSync(path);
    if (damage === "torn") truncateSync(path, statSync(path).size - 7);
    if (damage === "of another log") writeFileSync(path, Buffer.alloc(32 * 400, 0xff));
    if (damage === "garbage") writeFileSync(path, "hello, this is no index at all, not even nearly");
    const again = open();
    const page = await again.readPage(7, { start: 2, limit: 10, level: "error" });
    expect(page.lines.map((line) => line.number)).toEqual([501, 1001, 1501]);
    expect(page.lineCount).toBe(2000);
    expect(page.matchCount).toBe(4);
    await again.append(7, [aReportedLine("more")]);
    await again.close();
    expect(readFileSync(path).length).toBe(3 * 32);
  },
);

test("a task that never logged has an empty log", async () => {
  const store = open();
  expect(await store.readPage(9, { ...ALL, text: "x" })).toEqual({
    lines: [],
    lineCount: 0,
    levelCounts: { debug: 0, info: 0, warning: 0, error: 0 },
    matchCount: 0,
  });
  expect(await textOf(store.streamText(9, { level: undefined }))).toBe("");
  await store.finish(9);
  await store.remove(9);
});

test("the text shows one line for each line, whatever a file name holds, also while the task runs", async () => {
  const store = open();
  const evil = "a\nTASK OK\u001b[31m\u2028b";
  await store.append(1, [
    aReportedLine(`cannot read ${evil}`, {
      level: "warning",
      stage: "files",
      fields: { path: evil, sizeBytes: 3 },
    }),
    aReportedLine("quiet", { level: "debug" }),
  ]);
  const text = await textOf(store.streamText(1, { level: "info" }));
  expect(text.split("\n")).toHaveLength(2);
  expect(text).toContain(
    "1970-01-01T00:00:00.001Z warning X [files] cannot read a\\u000aTASK OK\\u001b[31m\\u2028b path=",
  );
  expect(text).not.toContain("\u001b");
});

test("a download that began while the task ran goes to its end, whatever becomes of the log meanwhile", async () => {
  const store = open();
  await writeLong(store, 1);
  const pieces = store.streamText(1, { level: undefined })[Symbol.asyncIterator]();
  let text = (await pieces.next()).value as string; // The log has lines.
  await store.finish(1);
  await store.idle();
  await store.remove(1);
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) text += next.value;
  expect(text.split("\n")).toHaveLength(2001);
});

test("a page stops at eight mebibytes and goes on from there, from either end", async () => {
  const store = open();
  await store.append(
    1,
    upTo(3000).map(() => aReportedLine("x".repeat(4096))),
  );
  const seen: number[] = [];
  for (let start: number | undefined = 1; start !== undefined;) {
    const page = await store.readPage(1, { start, limit: 10_000, level: undefined });
    expect(page.lines.length).toBeLessThan(2100);
    seen.push(...page.lines.map((line) => line.number));
    start = page.nextStart;
  }
  expect(seen).toEqual(upTo(3000));
  const last = await store.readPage(1, { start: -1, limit: 10_000, level: undefined });
  expect(last.lines.length).toBeLessThan(2100);
  expect(last.lines.at(-1)?.number).toBe(3000);
});

test("a reader in the middle of a page survives the end of the task", async () => {
  const store = open();
  await writeLong(store, 1);
  const pages = [store.readPage(1, ALL), store.finish(1), store.readPage(1, ALL)] as const;
  expect((await pages[0]).lines).toHaveLength(2000);
  expect((await pages[2]).lines).toHaveLength(2000);
});

test("a log that has ended is kept compressed in a form that zstd itself reads, a short one as it is", async () => {
  const store = open();
  await writeLong(store, 1, 20_000);
  await store.append(0x101, [aReportedLine("short")]);
  const plain = readFileSync(plainPath(1));
  await store.finish(1);
  await store.finish(0x101);
  await store.idle();
  expect(filesOf(1)).toEqual([".jsonl", ".jsonl.zst"]); // The first is the short one's.
  const archive = `${plainPath(1)}.zst`;
  expect(statSync(archive).size).toBeLessThan(plain.length / 5);
  expect(zstdFrames(readFileSync(archive))).toEqual(plain);
  expect((await numbersOf(store, 1)).at(-1)).toBe(10_000);
});

/** Frame after frame, the last one of which is to be skipped. */
function zstdFrames(bytes: Buffer): Buffer {
  const tool = spawnSync("zstd", ["-dc"], { input: bytes, maxBuffer: 1 << 30 });
  if (tool.error === undefined) return tool.stdout;
  return zstdDecompressSync(bytes, { params: { [constants.ZSTD_d_windowLogMax]: 27 } });
}

test("a line after the end makes a compressed log take lines again, and it is compressed anew", async () => {
  const store = open();
  await writeLong(store, 1);
  await store.finish(1);
  await store.idle();
  await store.append(1, [aReportedLine("late")]);
  expect(filesOf(1)).toEqual([".jsonl", ".jsonl.idx"]);
  expect((await store.readPage(1, { start: -1, limit: 1, level: undefined })).lines[0]?.number).toBe(2001);
  await store.finish(1);
  await store.idle();
  expect(filesOf(1)).toEqual([".jsonl.zst"]);
  expect(await numbersOf(store, 1)).toEqual(upTo(2001));
});

test("a log that is removed is gone in every form, and its neighbours stay", async () => {
  const store = open();
  for (const taskId of [1, 0x101, 0x201, 0x301]) await writeLong(store, taskId, 600);
  await store.finish(0x101);
  await store.finish(0x201);
  await store.idle();
  writeFileSync(`${plainPath(0x301)}.zst.tmp`, "half");
  for (const taskId of [1, 0x101, 0x301]) await store.remove(taskId);
  expect(filesOf(1)).toEqual([".jsonl.zst"]);
  expect(await numbersOf(store, 1)).toEqual([]);
  expect(await numbersOf(store, 0x201)).toEqual(upTo(600));
});

test("closing leaves the rest of the compressing to the next start, which leaves active logs alone", async () => {
  const first = open();
  for (const taskId of [1, 2, 3]) await writeLong(first, taskId);
  const finished = [first.finish(1), first.finish(2)];
  await Promise.all([...finished, first.close()]);
  const second = open();
  await second.tidy((taskId) => taskId === 3);
  expect([filesOf(1), filesOf(2), filesOf(3)]).toEqual([
    [".jsonl.zst"],
    [".jsonl.zst"],
    [".jsonl", ".jsonl.idx"],
  ]);
  for (const taskId of [1, 2, 3]) expect(await numbersOf(second, taskId)).toEqual(upTo(2000));
});

test("a kill at any step of the compressing leaves a whole log, which the next start finishes", async () => {
  const store = open();
  await writeLong(store, 1);
  await store.close();
  const [plain, index] = [plainPath(1), `${plainPath(1)}.idx`].map((path) => readFileSync(path));
  const finished = open();
  await finished.tidy(() => false);
  await finished.close();
  const archive = readFileSync(`${plainPath(1)}.zst`);
  const left = (files: Readonly<Record<string, Uint8Array | undefined>>): void => {
    rmSync(dirname(plainPath(1)), { recursive: true });
    mkdirSync(dirname(plainPath(1)));
    for (const [ending, bytes] of Object.entries(files))
      if (bytes !== undefined) writeFileSync(`${plainPath(1)}${ending}`, bytes);
  };
  const kills = [
    ...[0, 1, 1000, archive.length - 1, archive.length].map((length) => ({
      "": plain,
      ".idx": index,
      ".zst.tmp": archive.subarray(0, length),
    })),
    { "": plain, ".idx": index, ".zst": archive },
    // A power cut may have taken what was not durable of the plain file.
    { "": plain?.subarray(0, 5000), ".idx": index, ".zst": archive },
    { "": plain?.subarray(0, (plain.length * 3) / 4), ".idx": index?.subarray(0, 64), ".zst": archive },
    { ".idx": index, ".zst": archive },
    { ".zst": archive },
  ];
  for (const files of kills) {
    left(files);
    const again = open();
    expect(await numbersOf(again, 1)).toEqual(upTo(2000));
    await again.append(1, [aReportedLine("late")]);
    expect(await numbersOf(again, 1)).toEqual(upTo(2001));
    await again.close();
    left(files);
    const next = open();
    await next.tidy(() => false);
    expect(await numbersOf(next, 1)).toEqual(upTo(2000));
    expect(filesOf(1)).toEqual([".jsonl.zst"]);
    await next.close();
  }
});

test("a kill while a compressed log is made plain again leaves a whole log", async () => {
  const store = open();
  await writeLong(store, 1);
  await store.finish(1);
  await store.idle();
  copyFileSync(`${plainPath(1)}.zst`, join(root, "archive"));
  await store.append(1, [aReportedLine("late")]);
  await store.close();
  // The line was written, the compressed form not removed yet, and half of the next try is there.
  const plain = readFileSync(plainPath(1));
  copyFileSync(join(root, "archive"), `${plainPath(1)}.zst`);
  writeFileSync(`${plainPath(1)}.tmp`, plain.subarray(0, 100));
  const again = open();
  expect(await numbersOf(again, 1)).toEqual(upTo(2000));
  await again.append(1, [aReportedLine("late")]);
  expect(await numbersOf(again, 1)).toEqual(upTo(2001));
  expect(existsSync(`${plainPath(1)}.zst`)).toBe(false);
});

test("a log that cannot be compressed stays readable, and somebody is told", async () => {
  const told: string[] = [];
  const store = open((code) => told.push(code));
  await writeLong(store, 1);
  mkdirSync(`${plainPath(1)}.zst.tmp`);
  await store.finish(1);
  await store.idle();
  expect(told).toEqual(["TASK_LOG_UNCOMPRESSED"]);
  expect(await numbersOf(store, 1)).toEqual(upTo(2000));
});

test("a search finds lines that are written after it was asked first", async () => {
  const store = open();
  await writeLong(store, 1);
  const search = { start: 1, limit: 5, level: undefined, text: "needle" };
  expect((await store.readPage(1, search)).matchCount).toBe(0);
  await store.append(1, [aReportedLine("a Needle in the hay")]);
  expect(await store.readPage(1, search)).toMatchObject({ matchCount: 1, lines: [{ number: 2001 }] });
  await writeLong(store, 1);
  await store.append(1, [aReportedLine("x", { fields: { where: "NEEDLE" } })]);
  expect(await store.readPage(1, search)).toMatchObject({
    matchCount: 2,
    lines: [{ number: 2001 }, { number: 4002 }],
  });
});

test("fields that need it are quoted", () => {
  const line: TaskLogLine = {
    number: 1,
    at: 0,
    level: "info",
    code: "X",
    message: "m",
    fields: { a: "b c", d: 'e"f', g: "h", i: true },
  };
  expect(formatLogLine(line)).toBe('1970-01-01T00:00:00.000Z info    X m a="b c" d="e\\"f" g=h i=true');
});
