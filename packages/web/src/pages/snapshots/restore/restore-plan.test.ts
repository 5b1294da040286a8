import { expect, test } from "vitest";
import { commandOf, originalPlace, patternOf, requestOf, restorable } from "./restore-plan.ts";
import type { RestoreChoice } from "./restore-plan.ts";

const tree = (name: string) => ({ name, kind: "tree", sizeBytes: 1, cryptMode: "none" }) as const;
const whole: RestoreChoice = {
  datastore: "main",
  snapshot: "host/web/2026-03-01T00:00:00Z",
  picked: [],
  target: "/back",
  overwrite: "never",
  allowCorrupt: false,
};

test("a picked name is no pattern, whatever is in it", () => {
  expect(patternOf({ path: "/a*b/[x]?", isDirectory: false })).toBe(String.raw`/a\*b/\[x\]\?`);
  expect(patternOf({ path: String.raw`/back\slash `, isDirectory: false })).toBe(String.raw`/back\\slash\ `);
  expect(patternOf({ path: "/dir ", isDirectory: true })).toBe("/dir /");
});

test("asks for what was picked, once, and says `never` when nothing else was chosen", () => {
  const picked = [
    { path: "/etc", isDirectory: true },
    { path: "/etc/app/x", isDirectory: false },
    { path: "/etcetera", isDirectory: false },
  ];
  expect(requestOf({ ...whole, archive: "root.pxar", picked })).toEqual({
    datastore: "main",
    snapshot: whole.snapshot,
    archive: "root.pxar",
    target: "/back",
    overwrite: "never",
    includes: ["/etc/", "/etcetera"],
  });
});

test("the line for a shell does the same", () => {
  expect(commandOf(whole)).toBe(
    "ironcore-backup restore main:host/web/2026-03-01T00:00:00Z --target /back --wait",
  );
  const damaged = { ...whole, allowCorrupt: true, overwrite: "always", keyFile: "" } as const;
  expect(commandOf(damaged)).toBe(
    "ironcore-backup restore main:host/web/2026-03-01T00:00:00Z --target /back --overwrite always --keyfile KEYFILE --allow-corrupt --wait",
  );
});

test("finds the place that an archive was taken of, or says that it does not know", () => {
  expect(originalPlace("/etc, /srv/www", tree("srv-www.pxar"))).toBe("/srv/www");
  expect(originalPlace("/", tree("root.pxar"))).toBe("/");
  expect(originalPlace("/a/b, /a-b", tree("a-b-0123abcd.pxar"))).toBeUndefined();
  expect(originalPlace("/a/b", tree("a-b-0123abcd.pxar"))).toBe("/a/b");
  expect(originalPlace("dump (pg_dump)", tree("dump.pxar"))).toBeUndefined();
  expect(originalPlace("/srv/ww…", tree("srv-ww.pxar"))).toBeUndefined();
});

test("loose blobs are not offered", () => {
  const blob = (name: string) => ({ name, kind: "blob", sizeBytes: 1, cryptMode: "none" }) as const;
  const files = [{ name: "dump.didx", sizeBytes: 1, cryptMode: "none" as const }];
  expect(
    restorable([tree("a.pxar"), blob("dump"), blob("client.log")], files).map(({ name }) => name),
  ).toEqual(["a.pxar", "dump"]);
});
