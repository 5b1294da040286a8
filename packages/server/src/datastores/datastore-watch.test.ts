import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { Datastore } from "@ironcore-backup/protocol";
import { watchDatastores } from "./datastore-watch.ts";

const TOTAL = 1_000_000_000;
const online: Datastore = {
  name: "main",
  path: "/main",
  status: "online",
  createdAt: 1,
  totalBytes: TOTAL,
  usedBytes: 0,
};
const turn = (): Promise<void> => new Promise((next) => setImmediate(next));

async function aWatch() {
  const clock = createFakeClock();
  let now = online;
  const told: Datastore[] = [];
  const watch = watchDatastores({
    clock,
    datastores: { list: async () => [now], get: async () => ({ ...now, snapshotCount: 1 }) },
    onChanged: (_name, datastore) => told.push(datastore),
    warn: () => undefined,
  });
  await turn();
  return {
    told,
    watch,
    become: async (change: Partial<Datastore>): Promise<void> => {
      now = { ...now, ...change };
      clock.advance(15_000);
      await turn();
    },
    wait: async (ms: number): Promise<void> => {
      clock.advance(ms);
      await turn();
    },
  };
}

test("a disk that goes away and comes back is told once each, with everything known of it", async () => {
  const { become, told } = await aWatch();
  await become({});
  expect(told).toEqual([]);
  await become({ status: "offline", statusReason: "not mounted" });
  await become({});
  await become({ status: "online" });
  expect(told.map(({ status, snapshotCount }) => [status, snapshotCount])).toEqual([
    ["offline", 1],
    ["online", 1],
  ]);
});

test("room that is used is told when it is worth telling, and small steps add up", async () => {
  const { become, told } = await aWatch();
  for (let step = 1; step <= 10; step++) await become({ usedBytes: step * TOTAL * 0.0002 });
  expect(told.map(({ usedBytes }) => usedBytes)).toEqual(
    [0.0006, 0.0012, 0.0018].map((share) => share * TOTAL),
  );
});

test("the ends of several tasks are one fact, a little later", async () => {
  const { watch, wait, told } = await aWatch();
  for (let at = 0; at < 5; at++) watch.touched("main");
  await wait(999);
  expect(told).toEqual([]);
  await wait(1);
  expect(told).toHaveLength(1);
  watch.touched("main");
  await wait(1000);
  expect(told).toHaveLength(2);
});

test("nothing is told any more once it is closed", async () => {
  const { watch, become, wait, told } = await aWatch();
  watch.touched("main");
  watch.close();
  await wait(1000);
  await become({ status: "offline" });
  expect(told).toEqual([]);
});
