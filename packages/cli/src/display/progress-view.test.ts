import { expect, test } from "vitest";
import fc from "fast-check";
import type { TaskStage } from "@ironcore-backup/protocol/calls";
import { aTask } from "../command-run.testing.ts";
import { createLook, displayWidth, fitWidth, printable, showPercent } from "./look.ts";
import { describeStage, renderProgress } from "./progress-view.ts";

const plain = createLook(false);

const aStage = (changes: Partial<TaskStage> = {}): TaskStage => ({
  name: "etc",
  state: "running",
  startedAt: 0,
  doneBytes: 1_048_576,
  doneItems: 1234,
  totalIsEstimate: false,
  warningCount: 0,
  errorCount: 0,
  ...changes,
});

const draw = (stage: TaskStage, width = 100): string[] =>
  renderProgress(plain, aTask({ state: "running", stages: [stage] }), width);

test("without a total it says counting, and no percentage", () => {
  expect(draw(aStage())).toEqual(["  ▶ etc           1.00 MiB, 1,234 items, counting"]);
});

test("with a total it shows bar, percentage, rate and time left", () => {
  const [line] = draw(aStage({ totalBytes: 4_194_304, rateBytesPerSecond: 1_048_576, etaSeconds: 3 }), 105);
  expect(line).toBe(
    "  ▶ etc           ━━────────   25 %  1.00 MiB of 4.00 MiB, 1,234 items, 1.00 MiB/s, about 5.0 s left",
  );
});

test("the bar gives way before a figure does", () => {
  const stage = aStage({ totalBytes: 4_194_304, rateBytesPerSecond: 1_048_576, etaSeconds: 3 });
  expect(draw(stage, 200)[0]).toContain("━".repeat(5) + "─".repeat(15));
  expect(draw(stage, 91)[0]).not.toContain("─");
  expect(draw(stage, 91)[0]).toContain("about 5.0 s left");
});

test("what is not whole never reads 100 %", () => {
  expect([0, 0.0123, 0.5, 0.9999, 1].map(showPercent)).toEqual(["0 %", "1.2 %", "50 %", "99.9 %", "100 %"]);
});

test("a total that is only estimated is marked, and never shows more than all of it", () => {
  expect(draw(aStage({ totalBytes: 1000, totalIsEstimate: true }))[0]).toContain("~100 %");
  expect(describeStage(aStage({ totalBytes: 4_194_304, totalIsEstimate: true }))).toContain("etc: ~25 %, ");
});

test("items make a percentage where there are no bytes", () => {
  expect(describeStage(aStage({ doneBytes: 0, doneItems: 3, totalItems: 4 }))).toBe(
    "etc: 75 %, 3 of 4 items",
  );
});

test("a stage with nothing to count is shown without an empty amount", () => {
  expect(draw(aStage({ name: "publish", doneBytes: 0, doneItems: 0 }))).toEqual(["  ▶ publish"]);
  expect(describeStage(aStage({ name: "publish", doneBytes: 0, doneItems: 0 }))).toBe("publish");
});

test("a queued task says what it waits for", () => {
  const task = aTask({
    state: "queued",
    wait: { reasons: [{ code: "no-free-slot", message: "no slot is free", heldBy: [] }], aheadCount: 0 },
  });
  expect(renderProgress(plain, task, 80)).toEqual(["○ queued  no slot is free"]);
});

test("of many stages the last ones are shown", () => {
  const stages = Array.from({ length: 9 }, (_one, i) =>
    aStage({ name: `s${i}`, state: "done", endedAt: 1000 }),
  );
  const lines = renderProgress(plain, aTask({ state: "running", stages }), 80);
  expect(lines[0]).toBe("  … 3 stages before these");
  expect(lines).toHaveLength(7);
});

test("no line is as wide as the terminal or steers it, whatever files are called", () => {
  const name = fc.string({ unit: "binary", maxLength: 200 });
  fc.assert(
    fc.property(name, fc.integer({ min: 20, max: 200 }), fc.boolean(), (current, width, isColourful) => {
      const task = aTask({ state: "running", stages: [aStage({ current, totalBytes: 2_000_000 })] });
      for (const line of renderProgress(createLook(isColourful), task, width)) {
        expect(displayWidth(line)).toBeLessThan(width);
        expect(line.replace(/\u001b\[\d+m/g, "")).not.toMatch(/\p{Cc}/u);
      }
    }),
  );
});

test("wide characters count two columns, marks none", () => {
  expect(displayWidth("日本")).toBe(4);
  expect(displayWidth("e\u0301")).toBe(1);
  expect(fitWidth("日本語", 5)).toBe("日本…");
  expect(printable("a\nb\u202ec")).toBe("a\\x0ab\\u202ec");
});
