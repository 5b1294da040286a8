/** Messages on their way: targets that are away or refuse, and kills at any moment. */

import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import { EVERYTHING_VISIBLE } from "../state/task-visibility.ts";
import { aFolder } from "../tasks/tasks.testing.ts";
import {
  aNotificationHouse,
  DELIVERED,
  failed,
  HOUR_MS,
  REFUSED,
  UNREACHABLE,
} from "./notifications.testing.ts";
import type { OtherSide } from "./notifications.testing.ts";

const SIGHT = { userId: "admin@ibs", tasks: EVERYTHING_VISIBLE, audit: true };

test("a target that is down for an hour gets everything in its order once it is back; another is not delayed", async () => {
  const house = await aNotificationHouse();
  const down = await house.webhook("down");
  const up = await house.webhook("up");
  await house.groupWithRule("ops", ["down", "up"]);
  down.answer = UNREACHABLE;
  for (let at = 0; at < 4; at++) {
    await house.task(failed({ source: `/srv-${at}` }));
    await house.pass(15 * 60_000, 60_000);
  }
  expect(up.got.map(({ title }) => title)).toHaveLength(4);
  expect(down.got).toEqual([]);
  const target = house.notifications.settings.target("down");
  expect(await house.notifications.showTarget(target)).toMatchObject({
    waitingCount: 4,
    lastFailure: "connection refused",
  });
  down.answer = DELIVERED;
  await house.pass(20 * 60_000, 60_000);
  expect(down.got.map(({ title }) => title)).toEqual(up.got.map(({ title }) => title));
  // Less and less often: not one try a minute.
  expect(down.tries.length).toBeLessThan(25);
});

test("a message that a target refuses is dead, told in the inbox, goes out again by hand, and holds up nothing", async () => {
  const house = await aNotificationHouse();
  const chat = await house.webhook("chat");
  await house.groupWithRule("ops", ["chat"]);
  chat.answer = REFUSED;
  await house.task(failed({ source: "/one" }));
  chat.answer = DELIVERED;
  await house.task(failed({ source: "/two" }));
  expect(chat.got.map(({ title }) => title)).toEqual(["Backup of /two failed"]);
  const { deliveries } = await house.notifications.listDeliveries({ state: "dead" }, ["chat"]);
  expect(deliveries).toMatchObject([{ title: "Backup of /one failed", response: "410 Gone", tryCount: 1 }]);
  const { notices } = await house.notifications.inbox.list(SIGHT, { text: "given up" });
  expect(notices).toMatchObject([{ event: "delivery.failed", title: "A message to chat was given up" }]);
  await house.notifications.resend(deliveries[0]?.delivery ?? 0);
  await house.settle();
  expect(chat.got.map(({ title }) => title)).toEqual(["Backup of /two failed", "Backup of /one failed"]);
});

test("what was committed before a kill is told by the next life, also what was on its way", async () => {
  const folder = aFolder();
  const sides = new Map<string, OtherSide>();
  const first = await aNotificationHouse({ folder, sides });
  const chat = await first.webhook("chat");
  await first.groupWithRule("ops", ["chat"]);
  chat.answer = "hang";
  await first.task(failed({ source: "/on-its-way" }));
  expect(chat.tries).toHaveLength(1);
  // Its end is committed, and nobody has looked at it.
  await first.task(failed({ source: "/unseen" }), { isLeft: true });
  await first.kill();
  chat.answer = DELIVERED;
  const second = await aNotificationHouse({ folder, sides });
  await second.settle();
  expect(chat.got.map(({ title }) => title)).toEqual([
    "Backup of /on-its-way failed",
    "Backup of /unseen failed",
    "The server on vm was ended without a stop and has started again",
  ]);
  // Whoever got it twice can tell.
  expect(chat.tries[1]).toBe(chat.tries[0]);
  const { notices } = await second.notifications.inbox.list(SIGHT, { state: "open" });
  expect(notices.map(({ title, count }) => [title, count])).toEqual([
    ["Backup of /unseen failed", 1],
    ["Backup of /on-its-way failed", 1],
  ]);
});

test("killed at any moment, nothing that was committed stays untold", async () => {
  const folder = aFolder();
  const sides = new Map<string, OtherSide>();
  const seed = Number(process.env["IRONCORE_TEST_SEED"] ?? randomInt(2 ** 31));
  process.stdout.write(`IRONCORE_TEST_SEED=${seed}\n`);
  const random = createSeededRandom(seed);
  const expected: string[] = [];
  for (let life = 0; life < 25; life++) {
    const house = await aNotificationHouse({ folder, sides });
    const { settings } = house.notifications;
    if (!settings.targets.has("chat")) {
      await house.webhook("chat");
      await house.groupWithRule("ops", ["chat"], { exclude: ["system.crashed"] });
    }
    house.side("chat").answer = random.integer(0, 1) === 0 ? "hang" : DELIVERED;
    // Together fewer than the entries that one message shows.
    for (let count = random.integer(0, 2); count > 0 && expected.length < 45; count--) {
      const source = `/srv-${expected.length}`;
      await house.task(failed({ source }), { isLeft: true });
      expected.push(`Backup of ${source} failed`);
      for (let turn = random.integer(0, 30); turn > 0; turn--)
        await new Promise((resolve) => setImmediate(resolve));
    }
    await house.kill();
  }
  const last = await aNotificationHouse({ folder, sides });
  last.side("chat").answer = DELIVERED;
  await last.pass(HOUR_MS, 60_000);
  const told = new Set(last.side("chat").got.flatMap(({ entries }) => entries.map(({ title }) => title)));
  expect(expected.filter((title) => !told.has(title))).toEqual([]);
  const { notices } = await last.notifications.inbox.list(SIGHT, { state: "open", limit: 1000 });
  expect(notices.map(({ title }) => title).toSorted()).toEqual(expected.toSorted());
  expect(notices.every(({ count }) => count === 1)).toBe(true);
});
