import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import { createHealthWatch } from "./health.ts";
import { startLoopWatch } from "./loop-watch.ts";

test("ready is what every check says, and a failed one tells why", async () => {
  const watch = createHealthWatch(
    { clock: createFakeClock() },
    {
      live: {},
      ready: {
        store: () => "written",
        disk: () => Promise.reject(new Error("no space left on device")),
      },
    },
  );
  expect(await watch.ready()).toEqual({
    status: "failing",
    checks: [
      { name: "store", ok: true, detail: "written" },
      { name: "disk", ok: false, detail: "no space left on device" },
    ],
  });
  expect(await watch.live()).toEqual({ status: "ok", checks: [] });
});

test("a check that never comes back fails after its time, and the others are told", async () => {
  const clock = createFakeClock();
  const watch = createHealthWatch(
    { clock },
    { live: {}, ready: { hung: () => new Promise(() => undefined), good: () => "fine" } },
  );
  const asked = watch.ready();
  clock.advance(3000);
  expect(await asked).toMatchObject({
    status: "failing",
    checks: [{ detail: "no answer within 3 s" }, { ok: true }],
  });
});

test("many who ask in one second cause one look", async () => {
  const clock = createFakeClock();
  let lookCount = 0;
  const watch = createHealthWatch({ clock }, { live: {}, ready: { counted: () => String(++lookCount) } });
  await Promise.all([watch.ready(), watch.ready()]);
  clock.advance(999);
  await watch.ready();
  expect(lookCount).toBe(1);
  clock.advance(1);
  await watch.ready();
  expect(lookCount).toBe(2);
});

test("the longest pause of the loop is known for a minute", async () => {
  const clock = createFakeClock();
  const turn = (): Promise<void> => new Promise((next) => setImmediate(next));
  const watch = startLoopWatch({ clock });
  clock.advance(1700);
  await turn();
  expect(watch.longestPauseMs()).toBe(1200);
  for (let at = 0; at < 119; at++) {
    clock.advance(500);
    await turn();
  }
  expect(watch.longestPauseMs()).toBe(1200);
  clock.advance(500);
  await turn();
  expect(watch.longestPauseMs()).toBe(0);
  watch.close();
});
