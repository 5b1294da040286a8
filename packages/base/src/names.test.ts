import { expect, test } from "vitest";
import fc from "fast-check";
import {
  formatBackupTime,
  formatSnapshotRef,
  parseArchiveName,
  parseAuthId,
  parseBackupTimeText,
  parseDatastoreName,
  parseNamespace,
  parseSnapshotRef,
} from "./names.ts";

test("a snapshot reference reads back what it wrote, with and without a namespace", () => {
  for (const text of ["host/web-1/2024-05-01T12:00:00Z", "a/b/vm/100/2024-05-01T12:00:00Z"]) {
    expect(formatSnapshotRef(parseSnapshotRef(text))).toBe(text);
  }
});

test("every backup time of the calendar reads back", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 253_402_300_799 }),
      (time) => parseBackupTimeText(formatBackupTime(time)) === time,
    ),
  );
});

test.each([
  "2024-02-30T00:00:00Z",
  "2024-05-01T12:00:00",
  "2024-05-01t12:00:00Z",
  "1969-12-31T23:59:59Z",
  "x",
])("refuses %s as a backup time", (text) => expect(() => parseBackupTimeText(text)).toThrow("backup time"));

test.each([
  "../etc",
  "a/../b",
  "/a",
  "a/",
  "a//b",
  ".a",
  "-a",
  "a b",
  "a\0",
  "é",
  "1/2/3/4/5/6/7/8",
  "x".repeat(33),
])("refuses %j as a namespace, so no path can leave its root", (text) =>
  expect(() => parseNamespace(text)).toThrow("namespace"),
);

test.each(["../x.blob", "x/y.blob", ".hidden.blob", "x.txt", "blob", ""])(
  "refuses %j as an archive name",
  (text) => expect(() => parseArchiveName(text)).toThrow("archive name"),
);

test.each(["ab", "x".repeat(33), "a/b", ""])("refuses %j as a datastore name", (text) =>
  expect(() => parseDatastoreName(text)).toThrow("datastore name"),
);

test("reads users and their tokens, refuses what could be mistaken for a path", () => {
  expect(parseAuthId("root@pam")).toBe("root@pam");
  expect(parseAuthId("ops@ibs!ci")).toBe("ops@ibs!ci");
  for (const text of ["root", "a b@pam", "a/b@pam", "a:b@pam", "@pam", "a@"])
    expect(() => parseAuthId(text)).toThrow("auth-id");
});
