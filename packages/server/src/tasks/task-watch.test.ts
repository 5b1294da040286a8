/** What is said of a task without its doing anything, and what is told without anybody asking. */

import { expect, test } from "vitest";
import type { Task } from "@ironcore-backup/protocol";
import { aBench, ADMIN, aLine, aReport, aStage, claimed, plan, told } from "./tasks.testing.ts";
import type { Bench } from "./tasks.testing.ts";

const MINUTE_MS = 60_000;

/** The task as the stream told it last. */
function lastTold(bench: Bench, from: number, upid: string): Task | undefined {
  return told(bench, from)
    .flatMap((event) => (event.kind === "task-changed" && event.upid === upid ? [event.task] : []))
    .at(-1);
}

test("a task that moves nothing is told as stalled, since when and in which stage, until it moves again", async () => {
  const bench = await aBench();
  const upid = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  const moved = aReport({ stages: [aStage({ doneBytes: 5, current: "/var/big" })] });
  await bench.tasks.report(upid, attempt, moved);
  const since = bench.clock.now();
  const from = bench.events.sequence();
  await bench.pass(4 * MINUTE_MS, 5000);
  // The same numbers again are no movement.
  await bench.tasks.report(upid, attempt, moved);
  expect(await bench.tasks.get(upid)).not.toHaveProperty("concern");
  await bench.pass(MINUTE_MS + 2000, 1000);
  const concern = { code: "stalled", since, message: expect.stringContaining("in stage copy, at /var/big") };
  expect(await bench.tasks.get(upid)).toMatchObject({ state: "running", concern });
  expect(lastTold(bench, from, upid)).toMatchObject({ concern });
  await bench.tasks.report(upid, attempt, aReport({ stages: [aStage({ doneBytes: 6 })] }));
  expect(await bench.tasks.get(upid)).not.toHaveProperty("concern");
});

test.each([
  ["a byte", aReport({ bytes: 1 })],
  ["an item", aReport({ stages: [aStage({ doneItems: 1 })] })],
  ["a stage that opens", aReport({ stages: [aStage({ index: 1, name: "next" })] })],
  ["a stage that ends", aReport({ stages: [aStage({ endedAt: 9 })] })],
  ["a log line", aReport({ lines: [aLine("info")] })],
])("%s is movement", async (_what, report) => {
  const bench = await aBench(undefined, { stallMs: 10_000 });
  const upid = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  await bench.tasks.report(upid, attempt, aReport({ stages: [aStage()] }));
  await bench.pass(9000, 1000);
  await bench.tasks.report(upid, attempt, report);
  await bench.pass(9000, 1000);
  expect(await bench.tasks.get(upid)).not.toHaveProperty("concern");
  await bench.pass(2000, 1000);
  expect(await bench.tasks.get(upid)).toHaveProperty("concern");
});

test("a lost contact is told before a stall, which stays under it", async () => {
  const bench = await aBench(undefined, { stallMs: 10_000 });
  const upid = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  await bench.pass(11_000, 1000);
  const contact = { code: "contact-lost" as const, message: "silent", since: 5 };
  bench.tasks.setConcern(upid, contact);
  expect((await bench.tasks.get(upid)).concern).toEqual(contact);
  bench.tasks.setConcern(upid, undefined);
  expect((await bench.tasks.get(upid)).concern?.code).toBe("stalled");
  await bench.tasks.finish(upid, attempt, { kind: "done" });
  expect(await bench.tasks.get(upid)).not.toHaveProperty("concern");
  bench.tasks.setConcern(upid, contact);
  expect(await bench.tasks.get(upid)).not.toHaveProperty("concern");
});

test("rate and remaining time go when nothing moves any more, and that is told", async () => {
  const bench = await aBench();
  const upid = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  for (let second = 1; second <= 10; second++) {
    const stage = aStage({ doneBytes: second * 1000, totalBytes: 100_000 });
    await bench.tasks.report(upid, attempt, aReport({ stages: [stage] }));
    await bench.pass(1000, 500);
  }
  const from = bench.events.sequence();
  expect((await bench.tasks.get(upid)).stages[0]).toMatchObject({
    rateBytesPerSecond: expect.any(Number),
    etaSeconds: expect.any(Number),
  });
  await bench.pass(15_000, 500);
  for (const task of [await bench.tasks.get(upid), lastTold(bench, from, upid)]) {
    expect(task?.stages[0]).not.toHaveProperty("rateBytesPerSecond");
    expect(task?.stages[0]).not.toHaveProperty("etaSeconds");
  }
});

test("a queued task's reasons are told anew when something else has changed them, and not otherwise", async () => {
  const bench = await aBench();
  bench.setCapacity({ slotCount: 0, freeSlotCount: 0 });
  const upid = await bench.tasks.queue(ADMIN, plan());
  const from = bench.events.sequence();
  await bench.pass(5000, 1000);
  expect(lastTold(bench, from, upid)).toBeUndefined();
  bench.setCapacity({});
  await bench.pass(2000, 1000);
  expect(lastTold(bench, from, upid)?.wait?.reasons[0]?.code).toBe("starting");
});

test("warnings and errors are counted with the stage that they name", async () => {
  const bench = await aBench();
  const upid = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  const lines = [
    aLine("warning", "m", "copy"),
    aLine("error", "m", "publish"),
    aLine("warning"),
    aLine("info", "m", "copy"),
  ];
  const stages = [aStage(), aStage({ index: 1, name: "publish" })];
  await bench.tasks.report(
    upid,
    attempt,
    aReport({ stages, lines: [...lines, aLine("warning", "m", "copy")] }),
  );
  const expected = {
    warningCount: 3,
    errorCount: 1,
    stages: [
      { warningCount: 2, errorCount: 0 },
      { warningCount: 0, errorCount: 1 },
    ],
  };
  expect(await bench.tasks.get(upid)).toMatchObject(expected);
  await bench.tasks.finish(upid, attempt, { kind: "done" });
  expect(await bench.tasks.get(upid)).toMatchObject({ ...expected, state: "warning" });
});
