import { afterEach, beforeEach, expect, test } from "vitest";
import { deleteOldAuditRecords } from "../state/audit-records.ts";
import { anAccessHouse } from "./access.testing.ts";
import type { AccessHouse } from "./access.testing.ts";
import type { AuditNote } from "./audit.ts";

let house: AccessHouse;
beforeEach(async () => {
  house = await anAccessHouse();
});
afterEach(() => house.close());

const note = (subject: string, more: Partial<AuditNote> = {}): AuditNote => ({
  authId: "ann@ibs",
  address: "1.2.3.4",
  action: "user.changed",
  subject,
  outcome: "done",
  ...more,
});

test("entries come newest first, page by page, without gap or double while more are written", async () => {
  for (let at = 0; at < 7; at++) {
    // Two of the same millisecond.
    if (at % 2 === 0) house.clock.advance(1);
    await house.access.audit.record(note(`s${at}`));
  }
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await house.access.audit.list({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
    seen.push(...page.entries.map((entry) => entry.subject));
    cursor = page.nextCursor;
    await house.access.audit.record(note("later"));
  } while (cursor !== undefined);
  expect(seen).toEqual(["s6", "s5", "s4", "s3", "s2", "s1", "s0"]);
});

test("every filter narrows, and all together", async () => {
  const { audit } = house.access;
  const start = house.clock.now();
  await audit.record(note("one", { authId: "bob@ibs!cron", action: "token.created", requestId: "r-77" }));
  house.clock.advance(10);
  await audit.record(note("two", { authId: "bob@ibs", detail: { fields: "Comment email" } }));
  house.clock.advance(10);
  await audit.record(note("three", { authId: "bobby@ibs" }));
  const subjects = async (query: Parameters<typeof audit.list>[0]): Promise<string[]> =>
    (await audit.list(query)).entries.map((entry) => entry.subject);
  expect(await subjects({ user: "bob@ibs" })).toEqual(["two", "one"]);
  expect(await subjects({ user: "bob@ibs!cron" })).toEqual(["one"]);
  expect(await subjects({ action: "user.changed" })).toEqual(["three", "two"]);
  expect(await subjects({ since: start + 10, until: start + 10 })).toEqual(["two"]);
  expect(await subjects({ text: "COMMENT" })).toEqual(["two"]);
  expect(await subjects({ text: "r-77" })).toEqual(["one"]);
  expect(await subjects({ user: "bob@ibs", action: "user.changed", text: "tw", since: start })).toEqual([
    "two",
  ]);
  for (const cursor of ["", "x", "1", "1.2.3", "1.-2", "' or 1"])
    await expect(audit.list({ cursor })).rejects.toMatchObject({ code: "REQUEST_INVALID" });
});

test("a search that looks at many entries goes on where it stopped", async () => {
  const { database } = house.state;
  const row = { auth_id: "a", user_id: "a", address: "x", action: "y", outcome: "done", detail: "{}" };
  const rows = Array.from({ length: 6000 }, (_one, at) => ({
    ...row,
    at: at + 1,
    subject: at === 0 ? "needle" : "hay",
  }));
  for (let at = 0; at < rows.length; at += 1000)
    await database
      .insertInto("audit")
      .values(rows.slice(at, at + 1000))
      .execute();
  const first = await house.access.audit.list({ text: "needle" });
  expect(first.entries).toEqual([]);
  expect(first.nextCursor).toBeDefined();
  const second = await house.access.audit.list({ text: "needle", cursor: first.nextCursor ?? "" });
  expect(second.entries.map((entry) => entry.subject)).toEqual(["needle"]);
  expect(second.nextCursor).toBeUndefined();
});

test("no entry is ever rewritten, not even by the server itself", async () => {
  await house.access.audit.record(note("one"));
  await expect(house.state.database.updateTable("audit").set({ subject: "two" }).execute()).rejects.toThrow(
    "not rewritten",
  );
});

test("the oldest go by age, then by count, refused ones by a count of their own", async () => {
  for (let at = 0; at < 10; at++) {
    house.clock.advance(1000);
    await house.access.audit.record(note(`d${at}`));
    await house.access.audit.record(note(`r${at}`, { outcome: "refused" }));
  }
  const kept = async (): Promise<string> =>
    (await house.access.audit.list({ limit: 100 })).entries.map((entry) => entry.subject).join(" ");
  await deleteOldAuditRecords(house.state.database, house.clock.now() - 7500, { done: 100, refused: 3 });
  expect(await kept()).toBe("r9 d9 r8 d8 r7 d7 d6 d5 d4 d3 d2");
  // Numbers are not given again, so an entry's number names it for ever.
  await deleteOldAuditRecords(house.state.database, house.clock.now() + 1, { done: 1, refused: 1 });
  await house.access.audit.record(note("new"));
  expect((await house.access.audit.list({})).entries).toMatchObject([{ id: 21, subject: "new" }]);
});
