import { expect, test } from "vitest";
import { parseMoment } from "./moment.ts";
import { parseSnapshotName } from "./snapshot-name.ts";

const TIME = "2026-05-01T12:00:00Z";

test.each([
  [`main:host/web-1/${TIME}`, undefined, { datastore: "main", snapshot: `host/web-1/${TIME}` }],
  [`host/web-1/${TIME}`, "main", { datastore: "main", snapshot: `host/web-1/${TIME}` }],
  [`main:a/b/vm/100/latest`, "main", { datastore: "main", snapshot: "a/b/vm/100/latest" }],
])("%s with --datastore %s is read", (text, datastore, expected) => {
  expect(parseSnapshotName(text, datastore)).toEqual(expected);
});

test.each([
  [`host/web-1/${TIME}`, undefined, "names no datastore"],
  ["main:host/web-1/latest", "other", "two datastores"],
  ["main:host/web-1", undefined, "not a valid"],
  ["main:host/web-1/2026-05-01", undefined, "like 2024-05-01T12:00:00Z"],
  ["main:disk/web-1/latest", undefined, "not a valid backup type"],
  ["m:host/web-1/latest", undefined, "not a valid datastore name"],
  ["main:host/../latest", undefined, "not a valid backup id"],
  ["", "main", "not a valid"],
])("%s with --datastore %s is refused", (text, datastore, reason) => {
  expect(() => parseSnapshotName(text, datastore)).toThrow(reason);
});

const NOW = Date.parse("2026-11-23T12:00:00Z");

test.each([
  ["24h", NOW - 86_400_000],
  ["30d", NOW - 30 * 86_400_000],
  ["2026-11-22T10:00:00Z", Date.parse("2026-11-22T10:00:00Z")],
  ["2026-11-22 10:00 +02:00", Date.parse("2026-11-22T08:00:00Z")],
  ["2026-11-22", new Date(2026, 10, 22).getTime()],
  ["2026-11-22 10:30", new Date(2026, 10, 22, 10, 30).getTime()],
])("the moment %s is understood, in this machine's zone where none is given", (text, expected) => {
  expect(parseMoment(text, NOW)).toBe(expected);
});

test.each(["yesterday", "2026-13-45", "24", "", "2026-11-22T99:00"])("the moment %j is refused", (text) => {
  expect(() => parseMoment(text, NOW)).toThrow("neither an age");
});
