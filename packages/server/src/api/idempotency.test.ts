import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import { openState } from "../state/database.ts";
import { createIdempotency, parseIdempotencyKey } from "./idempotency.ts";
import type { IdempotentRequest } from "./idempotency.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const HOUR_MS = 3_600_000;
const request: IdempotentRequest = {
  authId: "anna@ibs",
  route: "startBackup",
  key: "k1",
  asked: { body: { datastore: "main", paths: ["/a"] } },
  status: 202,
  keepsAnswer: true,
};

async function aHouse() {
  const directory = mkdtempSync(join(tmpdir(), "ironcore-idempotency-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const clock = createFakeClock();
  const state = await openState(join(directory, "state.db"));
  closers.push(() => state.close());
  let madeCount = 0;
  const make = async (): Promise<string> => JSON.stringify({ upid: `made ${++madeCount}` });
  // Each is a life of the server on the same store.
  return { clock, make, made: () => madeCount, start: () => createIdempotency({ clock, state }) };
}

test("the same request again gets the first answer and makes nothing, also after a restart", async () => {
  const { make, made, start } = await aHouse();
  const before = start();
  const first = await before.run(request, make);
  expect(first).toEqual({ text: '{"upid":"made 1"}', replayed: false });
  expect(await before.run(request, make)).toEqual({ text: first.text, replayed: true });
  const otherOrder = { ...request, asked: { body: { paths: ["/a"], datastore: "main" } } };
  expect(await start().run(otherOrder, make)).toEqual({ text: first.text, replayed: true });
  expect(made()).toBe(1);
});

test("the key belongs to one caller and one route", async () => {
  const { make, made, start } = await aHouse();
  const idempotency = start();
  await idempotency.run(request, make);
  await idempotency.run({ ...request, authId: "bert@ibs" }, make);
  await idempotency.run({ ...request, route: "startVerify" }, make);
  expect(made()).toBe(3);
});

test("the same key with another request is refused, whether the first is done or still running", async () => {
  const { make, start } = await aHouse();
  const idempotency = start();
  const other = { ...request, asked: { body: { datastore: "main", paths: ["/b"] } } };
  const refused = { code: "IDEMPOTENCY_KEY_REUSED" };
  const [, second] = await Promise.allSettled([idempotency.run(request, make), idempotency.run(other, make)]);
  expect(second).toMatchObject({ status: "rejected", reason: refused });
  await expect(idempotency.run(other, make)).rejects.toMatchObject(refused);
});

test("duplicates at the same time share one answer", async () => {
  const { make, made, start } = await aHouse();
  const idempotency = start();
  const answers = await Promise.all(Array.from({ length: 20 }, () => idempotency.run(request, make)));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect(made()).toBe(1);
});

test("a refused request frees its key, and a failed one does not", async () => {
  const { make, start } = await aHouse();
  const idempotency = start();
  const refuse = async (): Promise<string> => {
    throw serverErrors.DATASTORE_NOT_FOUND({ datastore: "main" });
  };
  await expect(idempotency.run(request, refuse)).rejects.toMatchObject({ code: "DATASTORE_NOT_FOUND" });
  expect((await idempotency.run(request, make)).replayed).toBe(false);
  const broken = { ...request, key: "k2" };
  const breakDown = (): Promise<string> => Promise.reject(new Error("broken inside"));
  await expect(idempotency.run(broken, breakDown)).rejects.toThrow("broken inside");
  await expect(idempotency.run(broken, make)).rejects.toMatchObject({ code: "IDEMPOTENCY_OUTCOME_UNKNOWN" });
});

test("a server that died in the middle leaves a key that says that nobody knows", async () => {
  const { make, made, start } = await aHouse();
  let reached: (() => void) | undefined;
  const isReached = new Promise<void>((resolve) => (reached = resolve));
  const never = (): Promise<string> => {
    reached?.();
    return new Promise(() => undefined);
  };
  void start().run(request, never);
  await isReached;
  await expect(start().run(request, make)).rejects.toMatchObject({ code: "IDEMPOTENCY_OUTCOME_UNKNOWN" });
  expect(made()).toBe(0);
});

test("an answer with a secret is not kept, and the repetition says that it was done", async () => {
  const { make, made, start } = await aHouse();
  const secret = { ...request, keepsAnswer: false };
  await start().run(secret, make);
  await expect(start().run(secret, make)).rejects.toMatchObject({ code: "IDEMPOTENCY_ANSWER_NOT_KEPT" });
  expect(made()).toBe(1);
});

test("after a day the key is free", async () => {
  const { clock, make, made, start } = await aHouse();
  const idempotency = start();
  await idempotency.run(request, make);
  clock.advance(24 * HOUR_MS - 1);
  await idempotency.run(request, make);
  expect(made()).toBe(1);
  clock.advance(2);
  await idempotency.run(request, make);
  expect(made()).toBe(2);
});

test.each([[""], ["a b"], ["ü"], ["x".repeat(256)], [["a", "b"]], ["a\n"]])("%j is no key", (header) => {
  expect(() => parseIdempotencyKey(header)).toThrow("Idempotency-Key");
});
test("a request without the header has no key", () => expect(parseIdempotencyKey(undefined)).toBeUndefined());
