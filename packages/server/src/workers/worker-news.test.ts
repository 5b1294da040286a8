import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { Worker } from "@ironcore-backup/protocol";
import { createWorkerNews } from "./worker-news.ts";

const idle: Worker = {
  name: "a/worker",
  node: "a",
  class: "worker",
  state: "online",
  detail: "0 of 2 slots busy",
  slotCount: 2,
  usedSlotCount: 0,
  heardAt: 1,
  startedAt: 1,
  processCount: 1,
  rssBytes: 5,
  runs: [],
  version: "1",
};
const busy: Worker = {
  ...idle,
  usedSlotCount: 1,
  runs: [{ upid: "u", type: "backup", target: "t", startedAt: 1 }],
};
const turn = (): Promise<void> => new Promise((next) => setImmediate(next));

function aNews() {
  const clock = createFakeClock();
  const told: Worker[] = [];
  const news = createWorkerNews({ clock, tell: (worker) => told.push(worker) });
  let now = idle;
  const moved = (worker: Worker): void => {
    now = worker;
    news.moved("a/worker", () => now);
  };
  return { clock, told, news, moved };
}

test("a quiet worker's change is told at once, a restless one's newest state once a second", async () => {
  const { clock, told, moved } = aNews();
  moved(idle);
  for (let count = 1; count <= 100; count++) moved({ ...busy, processCount: count });
  expect(told).toEqual([idle]);
  clock.advance(1000);
  await turn();
  expect(told.slice(1)).toEqual([{ ...busy, processCount: 100 }]);
});

test("a sign of life alone is no news, but one that works is told every ten seconds", async () => {
  const { clock, told, moved } = aNews();
  moved(idle);
  for (let at = 2; at < 30; at++) {
    clock.advance(1000);
    moved({ ...idle, heardAt: at, rssBytes: at });
  }
  expect(told).toHaveLength(1);
  clock.advance(1000);
  moved(busy);
  for (let at = 2; at <= 31; at++) {
    clock.advance(1000);
    moved({ ...busy, heardAt: at });
  }
  expect(told).toHaveLength(2 + 3);
});

test("nothing is told after the end", async () => {
  const { clock, told, news, moved } = aNews();
  moved(idle);
  moved(busy);
  news.close();
  clock.advance(5000);
  await turn();
  expect(told).toEqual([idle]);
});
