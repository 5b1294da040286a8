import { expect, test } from "vitest";
import fc from "fast-check";
import { createFakeClock } from "@ironcore-backup/base";
import { createBandwidth } from "./bandwidth.ts";
import { shareFairly } from "./fair-share.ts";
import { createPacer } from "./pacer.ts";

const MIB = 1024 * 1024;
const TURN_COUNT = 6;

async function turns(): Promise<void> {
  for (let at = 0; at < TURN_COUNT; at++) await new Promise((next) => setImmediate(next));
}

/** A server that shares, and runs that move data as fast as they are let: the real both ends, only the channel is direct. */
function aHouse(limits: Record<string, number | undefined>) {
  const clock = createFakeClock();
  const bandwidth = createBandwidth({ clock, limitOf: (datastore) => limits[datastore] });
  let taskCount = 0;
  const run = (
    options: { datastore?: string; limit?: number; pieceBytes?: number; pauseMs?: number } = {},
  ) => {
    const upid = `task-${++taskCount}`;
    const abort = new AbortController();
    const pacer = createPacer({ ask: (bytes) => bandwidth.moved(upid, bytes) });
    bandwidth.enter(upid, {
      datastore: options.datastore ?? "main",
      limitBytesPerSecond: options.limit,
      send: (grant) => pacer.granted(grant),
    });
    const task = { upid, movedBytes: 0, abort, pacer, ended: Promise.resolve() };
    const work = async (): Promise<void> => {
      while (!abort.signal.aborted) {
        const pieceBytes = options.pieceBytes ?? MIB;
        // The work itself takes a millisecond: without a limit it moves a piece each.
        await clock.sleep(options.pauseMs ?? 1, abort.signal);
        task.movedBytes += pieceBytes;
        await pacer.pace(pieceBytes, abort.signal);
      }
    };
    task.ended = work().catch(() => bandwidth.leave(upid));
    return task;
  };
  return {
    limits,
    bandwidth,
    run,
    pass: async (durationMs: number): Promise<void> => {
      for (let passed = 0; passed < durationMs; passed += 5) {
        clock.advance(5);
        await turns();
      }
    },
  };
}

type Moving = { readonly movedBytes: number };

/** Bytes a second that each moved while the time passed. */
async function rates(
  house: ReturnType<typeof aHouse>,
  tasks: readonly Moving[],
  durationMs: number,
): Promise<number[]> {
  const before = tasks.map((task) => task.movedBytes);
  await house.pass(durationMs);
  return tasks.map((task, at) => ((task.movedBytes - (before[at] ?? 0)) * 1000) / durationMs);
}

const WITHIN = 0.1;

function expectAbout(rate: number | undefined, expected: number): void {
  expect(rate).toBeGreaterThan(expected * (1 - WITHIN));
  expect(rate).toBeLessThan(expected * (1 + WITHIN));
}

test("two tasks that move data as fast as they can share their datastore's limit equally", async () => {
  const house = aHouse({ main: 20 * MIB });
  const tasks = [house.run({ pieceBytes: 64 * 1024 }), house.run({ pieceBytes: MIB })];
  await house.pass(500);
  for (const rate of await rates(house, tasks, 5000)) expectAbout(rate, 10 * MIB);
});

test("what one does not want goes to the others", async () => {
  const house = aHouse({ main: 20 * MIB });
  // One MiB every half second.
  const modest = house.run({ pauseMs: 500 });
  const greedy = house.run({ pieceBytes: 256 * 1024 });
  await house.pass(1000);
  const [slow, fast] = await rates(house, [modest, greedy], 5000);
  expectAbout(slow, 2 * MIB);
  expectAbout(fast, 18 * MIB);
});

test("a task's own limit holds beside its datastore's", async () => {
  const house = aHouse({ main: 20 * MIB });
  const tasks = [
    house.run({ limit: 4 * MIB, pieceBytes: 256 * 1024 }),
    house.run({ pieceBytes: 256 * 1024 }),
  ];
  await house.pass(1000);
  const [own, rest] = await rates(house, tasks, 5000);
  expectAbout(own, 4 * MIB);
  expectAbout(rest, 16 * MIB);
});

test("limits that change, come and go while a task runs hold at once", async () => {
  const house = aHouse({ main: undefined });
  const task = house.run({ pieceBytes: 256 * 1024 });
  // A piece every 5 ms, the step of this test's clock.
  const [free = 0] = await rates(house, [task], 500);
  expect(free).toBeGreaterThan(45 * MIB);
  house.limits["main"] = 8 * MIB;
  house.bandwidth.limitsChanged();
  await house.pass(500);
  expectAbout((await rates(house, [task], 3000))[0], 8 * MIB);
  house.bandwidth.setTaskLimit(task.upid, 2 * MIB);
  await house.pass(1000);
  expectAbout((await rates(house, [task], 5000))[0], 2 * MIB);
  house.limits["main"] = undefined;
  house.bandwidth.limitsChanged();
  house.bandwidth.setTaskLimit(task.upid, undefined);
  const [again = 0] = await rates(house, [task], 500);
  expect(again).toBeGreaterThan(45 * MIB);
});

test("a task that waits for its turn ends as soon as it is cancelled, and its share goes to the others", async () => {
  const house = aHouse({ main: MIB });
  const [one, other] = [house.run({ pieceBytes: 4 * MIB }), house.run({ pieceBytes: 64 * 1024 })];
  await house.pass(200);
  one.abort.abort();
  await one.ended;
  // What it had moved is paid first: half of the rate, for eight seconds.
  await house.pass(8500);
  expectAbout((await rates(house, [other], 4000))[0], MIB);
});

test("tasks of another datastore are not held back", async () => {
  const house = aHouse({ main: MIB });
  house.run();
  const [free = 0] = await rates(house, [house.run({ datastore: "other", pieceBytes: 256 * 1024 })], 1000);
  expect(free).toBeGreaterThan(45 * MIB);
});

test("what a task owes at its end is paid by those after it: many short tasks are no way around a limit", async () => {
  const house = aHouse({ main: 4 * MIB });
  let movedBytes = 0;
  for (let at = 0; at < 40; at++) {
    const task = house.run({ pieceBytes: 512 * 1024 });
    await house.pass(100);
    task.abort.abort();
    await task.ended;
    movedBytes += task.movedBytes;
  }
  // Each ran ahead of what was paid, by its window and a piece.
  expect(movedBytes).toBeGreaterThan(4 * 4 * MIB);
  const next = house.run({ pieceBytes: 64 * 1024 });
  await house.pass(26_000);
  expectAbout((movedBytes + next.movedBytes) / 30, 4 * MIB);
});

test("a share is never more than wanted, and whoever gets less than wanted gets as much as anybody", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 }),
      (amount, wanted) => {
        const shares = shareFairly(amount, wanted);
        const sum = shares.reduce((total, share) => total + share, 0);
        const wantedSum = wanted.reduce((total, one) => total + one, 0);
        expect(sum).toBeCloseTo(Math.min(amount, wantedSum), 3);
        const most = Math.max(...shares);
        shares.forEach((share, at) => {
          expect(share).toBeLessThanOrEqual(wanted[at] ?? 0);
          if (share < (wanted[at] ?? 0)) expect(share).toBeCloseTo(most, 3);
        });
      },
    ),
  );
});
