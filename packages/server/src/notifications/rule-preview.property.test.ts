/** What a rule is said to have sent is what it did send: the same events, once live and once tried on the past. */

import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";
import type { NotificationGroupCreate, RuleMatch } from "@ironcore-backup/protocol";
import { aNotificationHouse, failed, HOUR_MS } from "./notifications.testing.ts";

const SEED = Number(process.env["IRONCORE_TEST_SEED"] ?? randomInt(2 ** 31));
const HISTORY_COUNT = Number(process.env["IRONCORE_TEST_STEPS"] ?? 6);

function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[random.integer(0, list.length - 1)];
}

function aGroup(random: Random): Omit<NotificationGroupCreate, "name"> {
  return {
    targets: ["chat"],
    severityMin: pick(random, ["info", "warning", "error"]) ?? "warning",
    remindHours: random.integer(0, 30),
    digest: pick(random, ["none", "none", "hourly", "daily"]) ?? "none",
    // What happened before the rule was there it could not send.
    exclude: ["system.started", ...(random.integer(0, 2) === 0 ? (["verify.failed"] as const) : [])],
    ...(random.integer(0, 2) === 0 ? { include: ["backup.completed" as const] } : {}),
  };
}

function aMatch(random: Random): RuleMatch {
  return {
    ...(random.integer(0, 1) === 0 ? { types: ["backup" as const] } : {}),
    ...(random.integer(0, 2) === 0 ? { datastores: ["st*"] } : {}),
    ...(random.integer(0, 2) === 0 ? { severityMin: "warning" as const } : {}),
  };
}

test("the preview of a rule counts the messages and entries that it sent", async () => {
  process.stdout.write(`IRONCORE_TEST_SEED=${SEED}\n`);
  const random = createSeededRandom(SEED);
  for (let history = 0; history < HISTORY_COUNT; history++) {
    const house = await aNotificationHouse();
    const chat = await house.webhook("chat");
    const match = aMatch(random);
    await house.notifications.settings.createGroup({ name: "ops", ...aGroup(random) });
    await house.notifications.settings.createRule({ name: "rule", match, groups: ["ops"] });
    for (let step = 0; step < 60; step++) {
      const type = pick(random, ["backup", "verify"] as const) ?? "backup";
      const changes = {
        type,
        source: `/srv-${random.integer(1, 4)}`,
        datastore: pick(random, ["store", "other"]) ?? "",
      };
      if (random.integer(0, 2) === 0) await house.task({ ...changes, state: "ok" });
      else await house.task(failed(changes));
      await house.pass(random.integer(0, 3) === 0 ? random.integer(1, 20) * HOUR_MS : 20_000);
    }
    // The last digest goes out.
    await house.pass(25 * HOUR_MS, HOUR_MS);
    const preview = await house.notifications.previewRule({ match, groups: ["ops"], days: 30 });
    const entryCount = chat.got.reduce((sum, message) => sum + message.entryCount, 0);
    expect(preview.groups).toEqual([{ group: "ops", entryCount, messageCount: chat.got.length }]);
    expect(preview.matchedCount).toBeGreaterThanOrEqual(entryCount);
    await house.kill();
  }
}, 300_000);
