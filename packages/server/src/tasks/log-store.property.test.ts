import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import fc from "fast-check";
import { LOG_LEVELS } from "@ironcore-backup/protocol";
import type { TaskLogLine } from "@ironcore-backup/protocol";
import { encodeLogLine } from "./log-line.ts";
import { createLogMatcher } from "./log-matcher.ts";
import type { LogPageQuery } from "./log-page.ts";
import { createLogStore } from "./log-store.ts";
import type { LogStore } from "./log-store.ts";
import { aReportedLine, modelPage, passes, someLine, someText, someWanted } from "./log-store.testing.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ironcore-log-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const filter = fc.record({
  level: fc.option(fc.constantFrom(...LOG_LEVELS), { nil: undefined }),
  stage: fc.option(fc.constantFrom("files", 'st"age', "größe", "absent"), { nil: undefined }),
  text: fc.option(someWanted, { nil: undefined }),
});

test("the lines that pass a filter, found in stored text, are those that pass it parsed", () => {
  fc.assert(
    fc.property(fc.array(someLine, { maxLength: 12 }), filter, someText, (lines, asked, tail) => {
      const numbered = [...lines, aReportedLine(tail)].map((line, at): TaskLogLine => ({
        number: at + 1,
        ...line,
      }));
      const block = Buffer.from(numbered.map((line) => `${encodeLogLine(line)}\n`).join(""));
      const found: number[] = [];
      createLogMatcher(asked).visit(block, (line) => {
        found.push((JSON.parse(line()) as TaskLogLine).number); // Written two lines up.
        return true;
      });
      expect(found).toEqual(numbered.filter((line) => passes(line, asked)).map((line) => line.number));
    }),
    { numRuns: 2000 },
  );
});

/** Some thousand lines, so that there are several blocks, of which few lines are special. */
const log = fc.record({
  count: fc.integer({ min: 0, max: 1700 }),
  special: fc.array(fc.tuple(fc.nat(1700), someLine), { maxLength: 12 }),
  /** Where one batch ends and the next begins. */
  batchLength: fc.integer({ min: 1, max: 900 }),
});
const query = fc.record({
  start: fc.oneof(fc.integer({ min: -1800, max: 1800 }), fc.constantFrom(1, -1)),
  limit: fc.integer({ min: 1, max: 700 }),
  filter,
});

function linesOf({
  count,
  special,
}: {
  readonly count: number;
  readonly special: readonly [number, ReturnType<typeof aReportedLine>][];
}) {
  const lines = Array.from({ length: count }, (_, at) => aReportedLine(`stored file ${at % 9}`));
  for (const [at, line] of special) if (at < count) lines[at] = line;
  return lines;
}

async function write(
  store: LogStore,
  taskId: number,
  lines: ReturnType<typeof linesOf>,
  batchLength: number,
) {
  const all: TaskLogLine[] = [];
  for (let from = 0; from < lines.length; from += batchLength)
    all.push(...(await store.append(taskId, lines.slice(from, from + batchLength))));
  return all;
}

test("any page of any log, growing, plain or compressed, is what its definition says, and so are its neighbours", async () => {
  let taskId = 0;
  await fc.assert(
    fc.asyncProperty(log, fc.array(query, { minLength: 1, maxLength: 4 }), async (made, queries) => {
      taskId++;
      const store = createLogStore(root);
      const all = await write(store, taskId, linesOf(made), made.batchLength);
      const check = async (): Promise<void> => {
        for (const { start, limit, filter: asked } of queries) {
          const whole: LogPageQuery = { start, limit, ...asked };
          expect(await store.readPage(taskId, whole)).toEqual(modelPage(all, whole));
        }
      };
      await check();
      await store.finish(taskId);
      await check();
      await store.idle();
      await check();
      await store.close();
      const again = createLogStore(root);
      for (const { start, limit, filter: asked } of queries) {
        const whole: LogPageQuery = { start, limit, ...asked };
        expect(await again.readPage(taskId, whole)).toEqual(modelPage(all, whole));
      }
      // A log that was compressed takes more lines when it must.
      const more = await again.append(taskId, [aReportedLine("after the end")]);
      expect(more[0]?.number).toBe(all.length + 1);
      const whole: LogPageQuery = { start: -1, limit: 3, level: undefined };
      expect(await again.readPage(taskId, whole)).toEqual(modelPage([...all, ...more], whole));
      await again.close();
    }),
    { numRuns: 40 },
  );
});

test("walking by nextStart forward and by previousStart back meets every match once", async () => {
  let taskId = 0;
  await fc.assert(
    fc.asyncProperty(log, filter, fc.integer({ min: 1, max: 400 }), async (made, asked, limit) => {
      taskId++;
      const store = createLogStore(root);
      const all = await write(store, taskId, linesOf(made), 1000);
      const wanted = all.filter((line) => passes(line, asked)).map((line) => line.number);
      const walk = async (first: number, key: "nextStart" | "previousStart"): Promise<number[][]> => {
        const pages: number[][] = [];
        for (let start: number | undefined = first; start !== undefined;) {
          const page = await store.readPage(taskId, { start, limit, ...asked, level: asked.level });
          const seen = new Set(pages.flat()); // The first page of all may reach into the second.
          pages.push(page.lines.map((line) => line.number).filter((number) => !seen.has(number)));
          start = page[key];
        }
        return pages;
      };
      expect((await walk(1, "nextStart")).flat()).toEqual(wanted);
      expect((await walk(-1, "previousStart")).toReversed().flat()).toEqual(wanted);
      await store.close();
    }),
    { numRuns: 40 },
  );
});
