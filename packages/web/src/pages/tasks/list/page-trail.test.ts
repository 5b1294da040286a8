import { expect, test } from "vitest";
import { createPageTrail } from "./page-trail.ts";

function aStorage(room = Infinity) {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => {
      if (text.length > room) throw new Error("no room");
      kept.set(key, text);
    },
  };
}

test("every page that was walked over leads back, after a reload too", () => {
  const storage = aStorage();
  const trail = createPageTrail(storage);
  for (let page = 2; page <= 1000; page++) trail.remember("all", page, `cursor-${page}`);
  const reloaded = createPageTrail(storage);
  expect([reloaded.cursorOf("all", 2), reloaded.cursorOf("all", 999)]).toEqual(["cursor-2", "cursor-999"]);
  expect(reloaded.cursorOf("all", 1001)).toBeUndefined();
});

test("another view begins its own way", () => {
  const trail = createPageTrail(aStorage());
  trail.remember("all", 2, "a");
  trail.remember("failed", 2, "b");
  expect([trail.cursorOf("all", 2), trail.cursorOf("failed", 2)]).toEqual([undefined, "b"]);
});

test("a storage without room, or with something strange in it, costs no more than the way after a reload", () => {
  const storage = aStorage(5);
  const trail = createPageTrail(storage);
  trail.remember("all", 2, "a");
  expect(trail.cursorOf("all", 2)).toBe("a");
  for (const text of ["{", "7", '[1,2,"x"]', "null"]) {
    expect(createPageTrail({ ...storage, getItem: () => text }).cursorOf("all", 2)).toBeUndefined();
  }
});
