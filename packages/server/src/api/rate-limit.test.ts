import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import { addressKey, createRateLimit } from "./rate-limit.ts";

const rule = { name: "changes of one user", burstCount: 3, perSecond: 0.5 };

test("a burst passes, the next is refused with the time to wait, and after that time one passes", () => {
  const clock = createFakeClock();
  const limit = createRateLimit({ clock }, rule);
  for (let at = 0; at < 3; at++) limit.take("a");
  expect(() => limit.take("a")).toThrow(
    "Too many requests (changes of one user); the next one is taken in 2 s",
  );
  clock.advance(2000);
  limit.take("a");
  expect(() => limit.take("a")).toThrow("2 s");
});

test("refused requests do not push the next one further away", () => {
  const clock = createFakeClock();
  const limit = createRateLimit({ clock }, rule);
  for (let at = 0; at < 3; at++) limit.take("a");
  for (let at = 0; at < 19; at++) {
    clock.advance(100);
    expect(() => limit.take("a")).toThrow("Too many");
  }
  clock.advance(100);
  limit.take("a");
});

test("one who asks too much takes nothing from another", () => {
  const limit = createRateLimit({ clock: createFakeClock() }, rule);
  for (let at = 0; at < 3; at++) limit.take("a");
  expect(() => limit.take("a")).toThrow();
  limit.take("b");
});

test("a bucket never holds more than its burst, however long nobody asked", () => {
  const clock = createFakeClock();
  const limit = createRateLimit({ clock }, rule);
  limit.take("a");
  clock.advance(1e9);
  for (let at = 0; at < 3; at++) limit.take("a");
  expect(() => limit.take("a")).toThrow();
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::9", "2001:db8:1:2"],
  ["2001:db8::9", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
])("%s counts as %s", (address, key) => expect(addressKey(address)).toBe(key));
