import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import { createTicker } from "./ticker.ts";

test("ticks for all with one timer, which runs only while somebody listens", () => {
  const clock = createFakeClock();
  const timers: (() => void)[] = [];
  let endedCount = 0;
  const ticker = createTicker(clock, {
    every: (_ms, run) => {
      timers.push(run);
      return () => (endedCount += 1);
    },
  });
  let drawnCount = 0;
  const end = [1, 2].map(() => ticker.subscribe(() => (drawnCount += 1)));
  const before = ticker.now();
  clock.advance(1000);
  // Between ticks the time stands still, so that all of the page shows the same.
  expect(ticker.now()).toBe(before);
  timers[0]?.();
  expect([timers.length, drawnCount, ticker.now() - before]).toEqual([1, 2, 1000]);
  for (const stop of end) stop();
  expect(endedCount).toBe(1);
  ticker.subscribe(() => undefined);
  expect(timers.length).toBe(2);
});
