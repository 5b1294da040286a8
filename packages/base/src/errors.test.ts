import { expect, test } from "vitest";
import { baseErrors, CodedError, isCancelled, toCodedError } from "./errors.ts";
import { createFakeClock } from "./clock.ts";

test("an error keeps code, remedy and context when it crosses a border as JSON", () => {
  const error = baseErrors.NAME_INVALID({ kind: "datastore name", text: "x", rule: "3 to 32 characters" });
  const back = toCodedError(JSON.parse(JSON.stringify(error)));
  expect(back).toBeInstanceOf(CodedError);
  expect(back.toJSON()).toEqual(error.toJSON());
  expect(back.message).toBe('"x" is not a valid datastore name: 3 to 32 characters');
});

test("a thrown stranger becomes an internal error that keeps its cause", () => {
  const cause = new TypeError("boom");
  const error = toCodedError(cause);
  expect([error.code, error.cause]).toEqual(["INTERNAL_ERROR", cause]);
});

test("an abort wakes a sleeper at once and reads as cancelled", async () => {
  const clock = createFakeClock();
  const abort = new AbortController();
  const slept = clock.sleep(1000, abort.signal).catch((error: unknown) => error);
  abort.abort();
  expect(isCancelled(await slept)).toBe(true);
});

test("a fake clock wakes those who are due and nobody else", async () => {
  const clock = createFakeClock();
  const woken: number[] = [];
  const first = clock.sleep(10).then(() => woken.push(10));
  void clock.sleep(20).then(() => woken.push(20));
  clock.advance(15);
  await first;
  expect(woken).toEqual([10]);
});
