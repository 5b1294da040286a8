import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { TaskStage } from "@ironcore-backup/protocol/calls";
import { aTask } from "../command-run.testing.ts";
import { LiveRegion } from "./live-region.ts";
import { createLook } from "./look.ts";
import { createJsonDisplay, createPlainDisplay } from "./task-display.ts";

const stageAt = (doneBytes: number, state: TaskStage["state"] = "running"): TaskStage => ({
  name: "etc",
  state,
  startedAt: 0,
  doneBytes,
  totalBytes: 1000,
  doneItems: 0,
  totalIsEstimate: false,
  warningCount: 0,
  errorCount: 0,
});

function bench() {
  const clock = createFakeClock();
  const printed: string[] = [];
  const stream = { isTty: false, width: () => 80, write: (text: string) => void printed.push(text) };
  return { clock, look: createLook(false), out: stream, err: stream, printed };
}

test("plain progress is at most one line in five seconds between a stage's start and end", () => {
  const needs = bench();
  const display = createPlainDisplay(needs);
  for (let second = 0; second < 20; second++) {
    display.task(aTask({ state: "running", stages: [stageAt(second * 50)] }));
    needs.clock.advance(1000);
  }
  display.task(aTask({ state: "running", stages: [stageAt(1000, "done")] }));
  expect(needs.printed).toEqual([
    "  etc started\n",
    "  etc: 25 %, 250 B of 1000 B\n",
    "  etc: 50 %, 500 B of 1000 B\n",
    "  etc: 75 %, 750 B of 1000 B\n",
    "  etc done: 1000 B\n",
  ]);
});

test("lost contact is told once, and its return too", () => {
  const needs = bench();
  const display = createPlainDisplay(needs);
  for (const reason of ["gone", "still gone", undefined, undefined]) display.contact(reason);
  expect(needs.printed).toEqual(["gone; trying again\n", "Contact is back\n"]);
});

test("JSON tells every change of state, and progress once a second", () => {
  const needs = bench();
  const display = createJsonDisplay(needs);
  display.task(aTask({ state: "queued" }));
  for (let i = 0; i < 20; i++) {
    display.task(aTask({ state: "running" }));
    needs.clock.advance(100);
  }
  display.task(aTask({ state: "ok" }));
  const states = needs.printed.map((line) => (JSON.parse(line) as { task: { state: string } }).task.state);
  expect(states).toEqual(["queued", "running", "running", "ok"]);
});

/** What a terminal shows after the text: only the two sequences that the region uses are understood. */
function screenOf(text: string): string[] {
  const lines = [""];
  let row = 0;
  for (const [, up, erase, newline, character] of text.matchAll(
    /\u001b\[(\d+)A|(\u001b\[0J)|(\n)|([^\n\u001b])/g,
  )) {
    if (up !== undefined) row -= Number(up);
    else if (erase !== undefined) lines.splice(row, lines.length, "");
    else if (newline !== undefined) {
      row++;
      lines[row] ??= "";
    } else lines[row] = (lines[row] ?? "") + (character ?? "");
  }
  return lines;
}

test("lines printed above a live region stay, and the region is there once", () => {
  let written = "";
  const region = new LiveRegion({ isTty: true, width: () => 80, write: (text) => (written += text) });
  region.draw(["stage 10 %", "  file a"]);
  region.print(["first"]);
  region.draw(["stage 20 %"]);
  region.print(["second", "third"]);
  expect(screenOf(written)).toEqual(["first", "second", "third", "stage 20 %", ""]);
  region.clear();
  expect(screenOf(written)).toEqual(["first", "second", "third", ""]);
});
