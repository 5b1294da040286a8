/** Who sees what of the inbox, and whose marks are whose. */

import { expect, test } from "vitest";
import type { InboxSight } from "../state/inbox-records.ts";
import { EVERYTHING_VISIBLE } from "../state/task-visibility.ts";
import type { TaskVisibility } from "../state/task-visibility.ts";
import { aNotificationHouse, failed, HOUR_MS } from "./notifications.testing.ts";

const NOTHING: TaskVisibility = { ...EVERYTHING_VISIBLE, everything: false };
const sight = (userId: string, tasks: Partial<TaskVisibility>, audit = false): InboxSight => ({
  userId,
  tasks: { ...NOTHING, ...tasks },
  audit,
});
const admin: InboxSight = { userId: "admin@ibs", tasks: EVERYTHING_VISIBLE, audit: true };

test("a notice is seen by who sees tasks at its place; the platform's and the audit log's by whom they belong to", async () => {
  const house = await aNotificationHouse();
  const { inbox } = house.notifications;
  await house.task(failed({ source: "/shop", project: "shop", datastore: "one" }));
  await house.task(failed({ source: "/bank", project: "bank", datastore: "two" }));
  await house.task(failed({ source: "/deep", datastore: "two", namespace: "eu/vienna" }));
  await house.task(failed({ source: "/near", datastore: "two", namespace: "eu2" }));
  await house.state.database
    .insertInto("audit")
    .values({
      at: house.clock.now(),
      auth_id: "eve@ibs",
      user_id: "eve@ibs",
      address: "192.0.2.1",
      request_id: null,
      action: "login.failed",
      subject: "eve@ibs",
      outcome: "refused",
      detail: "{}",
    })
    .execute();
  await house.settle();
  const titles = async (who: InboxSight): Promise<string[]> =>
    (await inbox.list(who, {})).notices
      .map(({ title }) => title.replace(/^Backup of (.*) failed$/, "$1"))
      .toSorted();
  const login = "A login as eve@ibs failed";
  const started = "The server on vm has started";
  expect(await titles(admin)).toEqual(["/bank", "/deep", "/near", "/shop", login, started].toSorted());
  expect(await titles({ ...admin, audit: false })).toEqual(
    ["/bank", "/deep", "/near", "/shop", started].toSorted(),
  );
  expect(await titles(sight("a", { projects: new Set(["shop"]) }))).toEqual(["/shop"]);
  expect(await titles(sight("a", { datastores: new Set(["two"]) }))).toEqual(["/bank", "/deep", "/near"]);
  expect(await titles(sight("a", { namespaces: new Set(["two:eu"]) }))).toEqual(["/deep"]);
  expect(await titles(sight("a", {}))).toEqual([]);
  expect(await titles(sight("a", {}, true))).toEqual([login]);
  const foreign = (await inbox.list(admin, { text: "/BANK" })).notices[0]?.notice ?? 0;
  await expect(inbox.get(sight("a", { projects: new Set(["shop"]) }), foreign)).rejects.toMatchObject({
    code: "NOTICE_NOT_FOUND",
  });
  await expect(inbox.acknowledge(sight("a", {}), foreign)).rejects.toMatchObject({
    code: "NOTICE_NOT_FOUND",
  });
});

test("each person's marks are their own; what changes is unread again, what only goes on is not", async () => {
  const house = await aNotificationHouse();
  const { inbox } = house.notifications;
  const other = { ...admin, userId: "other@ibs" };
  await house.task(failed({ source: "/a" }));
  await house.task(failed({ source: "/b" }));
  expect(await inbox.mark(admin, { isRead: true })).toMatchObject({ unreadCount: 0, openCount: 2 });
  expect(await inbox.counts(other)).toMatchObject({ unreadCount: 3, openErrorCount: 2 });
  await house.pass(HOUR_MS);
  await house.task(failed({ source: "/a" }));
  expect(await inbox.counts(admin)).toMatchObject({ unreadCount: 0 });
  await house.task({ source: "/a", state: "ok" });
  const { notices } = await inbox.list(admin, { unread: true });
  expect(notices).toMatchObject([{ title: "Backup of /a failed", state: "resolved", count: 2 }]);
  const [one] = notices;
  expect(await inbox.mark(admin, { notices: [one?.notice ?? 0], isRead: true })).toMatchObject({
    unreadCount: 0,
  });
  expect(await inbox.mark(admin, { notices: [one?.notice ?? 0], isRead: false })).toMatchObject({
    unreadCount: 1,
  });
});

test("pages follow each other without gap or double, and search finds in any field", async () => {
  const house = await aNotificationHouse();
  const { inbox } = house.notifications;
  for (let at = 0; at < 25; at++) {
    await house.task(failed({ source: `/srv-${at}`, ...(at === 7 ? { job: "odd_job" } : {}) }));
    if (at % 3 === 0) await house.pass(1000);
  }
  const all: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await inbox.list(admin, { limit: 4, ...(cursor === undefined ? {} : { cursor }) });
    all.push(...page.notices.map(({ notice }) => notice));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(all).toHaveLength(26);
  expect(new Set(all).size).toBe(26);
  expect((await inbox.list(admin, { text: "ODD_JOB" })).notices).toHaveLength(1);
  // Letters that mean something to the store mean themselves.
  expect((await inbox.list(admin, { text: "odd%job" })).notices).toEqual([]);
  expect((await inbox.list(admin, { severityMin: "error", limit: 1000 })).notices).toHaveLength(25);
  await expect(inbox.list(admin, { cursor: "x" })).rejects.toMatchObject({
    code: "NOTIFICATION_CURSOR_UNKNOWN",
  });
});

test("an incident is resolved by hand and opens again when it happens again", async () => {
  const house = await aNotificationHouse();
  const { inbox } = house.notifications;
  await house.task(failed({ source: "/a" }));
  const [open] = (await inbox.list(admin, { state: "open" })).notices;
  const resolved = await house.notifications.resolveNotice(admin, open?.notice ?? 0);
  expect(resolved).toMatchObject({ state: "resolved", count: 1 });
  await expect(house.notifications.resolveNotice(admin, open?.notice ?? 0)).rejects.toMatchObject({
    code: "NOTICE_NOT_OPEN",
  });
  await house.task(failed({ source: "/a" }));
  expect((await inbox.list(admin, { state: "open" })).notices).toMatchObject([{ count: 1 }]);
});
