import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import fc from "fast-check";
import { LOG_LEVELS } from "@ironcore-backup/protocol";
import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol";
import { LEVEL_RANK } from "./log-index.ts";
import { createLogStore, formatLogLine } from "./log-store.ts";
import type { ReportedLine } from "./task-report.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ironcore-log-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const aLine = (level: LogLevel, message: string): ReportedLine => ({
  at: 1,
  level,
  code: "X",
  message,
  fields: {},
});

function logPath(taskId: number): string {
  const folder = join(root, (taskId & 0xff).toString(16).padStart(2, "0"));
  const [name = ""] = readdirSync(folder).filter((entry) => entry.endsWith(".jsonl"));
  return join(folder, name);
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

const levels = fc.array(fc.constantFrom(...LOG_LEVELS), { maxLength: 700 });
const query = fc.record({
  start: fc.integer({ min: 1, max: 1600 }),
  limit: fc.integer({ min: 1, max: 900 }),
  level: fc.option(fc.constantFrom(...LOG_LEVELS), { nil: undefined }),
});

test("any page of any log, being written or done, is what a plain filter over all lines gives", async () => {
  let taskId = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(levels, { maxLength: 3 }),
      query,
      fc.boolean(),
      async (batches, asked, isDone) => {
        const store = createLogStore(root);
        taskId++;
        const all: TaskLogLine[] = [];
        for (const batch of batches) {
          all.push(
            ...(await store.append(
              taskId,
              batch.map((level, at) => aLine(level, `m${at}`)),
            )),
          );
        }
        if (isDone) await store.finish(taskId);
        const page = await store.readPage(taskId, asked);
        await store.close();
        const { start, limit, level } = asked;
        const wanted = all.filter(
          (line) =>
            line.number >= start && (level === undefined || LEVEL_RANK[line.level] >= LEVEL_RANK[level]),
        );
        expect(all.map((line) => line.number)).toEqual(all.map((_, at) => at + 1));
        expect(page).toEqual({ lines: wanted.slice(0, limit), lineCount: all.length });
      },
    ),
    { numRuns: 40 },
  );
});

test("half a line that a killed server left is cut off, and numbering goes on", async () => {
  const first = createLogStore(root);
  await first.append(5, [aLine("info", "one"), aLine("warning", "two")]);
  await first.close();
  appendFileSync(logPath(5), '{"number":3,"at":1,"level":"in');
  const second = createLogStore(root);
  expect((await second.readPage(5, { start: 1, limit: 10, level: undefined })).lineCount).toBe(2);
  await second.append(5, [aLine("error", "three")]);
  const { lines } = await second.readPage(5, { start: 2, limit: 10, level: "warning" });
  await second.close();
  expect(lines.map((line) => [line.number, line.message])).toEqual([
    [2, "two"],
    [3, "three"],
  ]);
});

test.each(["missing", "torn", "of another log", "garbage"])(
  "an index that is %s is built again from the log",
  async (damage) => {
    const store = createLogStore(root);
    for (let batch = 0; batch < 4; batch++) {
      await store.append(
        7,
        Array.from({ length: 500 }, (_, at) => aLine(at === 0 ? "error" : "info", "x")),
      );
    }
    await store.close();
    const path = `${logPath(7)}.idx`;
    if (damage === "missing") rmSync(path);
    if (damage === "torn") truncateSync(path, statSync(path).size - 7);
    if (damage === "of another log") writeFileSync(path, Buffer.alloc(24 * 400, 0xff));
    if (damage === "garbage") writeFileSync(path, "hello, this is no index at all, not even nearly");
    const again = createLogStore(root);
    const page = await again.readPage(7, { start: 2, limit: 10, level: "error" });
    await again.close();
    expect(page.lines.map((line) => line.number)).toEqual([501, 1001, 1501]);
    expect(page.lineCount).toBe(2000);
  },
);

test("a task that never logged has an empty log", async () => {
  const store = createLogStore(root);
  expect(await store.readPage(9, { start: 1, limit: 10, level: undefined })).toEqual({
    lines: [],
    lineCount: 0,
  });
  expect(await textOf(store.streamText(9, { level: undefined }))).toBe("");
});

test("the text shows one line for each line, whatever a file name holds", async () => {
  const store = createLogStore(root);
  const evil = "a\nTASK OK\u001b[31m\u2028b";
  await store.append(1, [
    { ...aLine("warning", `cannot read ${evil}`), stage: "files", fields: { path: evil, sizeBytes: 3 } },
    aLine("debug", "quiet"),
  ]);
  const text = await textOf(store.streamText(1, { level: "info" }));
  await store.close();
  expect(text.split("\n")).toHaveLength(2);
  expect(text).toContain(
    "1970-01-01T00:00:00.001Z warning X [files] cannot read a\\u000aTASK OK\\u001b[31m\\u2028b path=",
  );
  expect(text).not.toContain("\u001b");
});

test("a page stops at eight mebibytes and goes on from its last line", async () => {
  const store = createLogStore(root);
  await store.append(
    1,
    Array.from({ length: 3000 }, () => aLine("info", "x".repeat(4096))),
  );
  const seen: number[] = [];
  for (let start = 1; ;) {
    const { lines } = await store.readPage(1, { start, limit: 10_000, level: undefined });
    if (lines.length === 0) break;
    expect(lines.length).toBeLessThan(2100);
    seen.push(...lines.map((line) => line.number));
    start = (lines.at(-1)?.number ?? 0) + 1;
  }
  await store.close();
  expect(seen).toEqual(Array.from({ length: 3000 }, (_, at) => at + 1));
});

test("a reader in the middle of a page survives the end of the task", async () => {
  const store = createLogStore(root);
  await store.append(
    1,
    Array.from({ length: 2000 }, () => aLine("info", "x")),
  );
  const [page] = await Promise.all([
    store.readPage(1, { start: 1, limit: 2000, level: undefined }),
    store.finish(1),
  ]);
  expect(page.lines).toHaveLength(2000);
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
