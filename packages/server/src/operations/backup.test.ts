import { expect, test } from "vitest";
import { ownPatterns } from "./backup.ts";

test("a datastore inside a source is left out of it, and out of no other", () => {
  expect(ownPatterns(["/", "/srv", "/srv/", "/home"], "/srv/store")).toEqual([
    "/srv/store/",
    "/store/",
    "/store/",
  ]);
  expect(ownPatterns(["/srv/sto"], "/srv/store")).toEqual([]);
  expect(ownPatterns(["/srv"], "/srv/a [1]*")).toEqual(["/a\\ \\[1\\]\\*/"]);
});
