import { expect, test } from "vitest";
import { escapeWorkerId, parseDatastoreName } from "@ironcore-backup/base";
import { planBackup, planRestore, planVerify } from "./task-plan.ts";

const datastore = { name: parseDatastoreName("store1"), path: "/srv/store1" };

test("a backup's defaults are filled in before it is stored, so a rename of the host changes no queued task", () => {
  const plan = planBackup({ datastore: "store1", paths: ["/etc", "/home"] }, datastore, "web-1");
  expect(plan).toMatchObject({
    workerId: "store1:host/web-1",
    source: "/etc, /home",
    target: "store1:host/web-1",
    parameters: { type: "backup", datastore, request: { type: "host", id: "web-1", namespace: "" } },
  });
});

test("worker ids are written as the field writes them", () => {
  const snapshot = "a/b/vm/100/2024-05-01T12:00:00Z";
  expect(planVerify({ datastore: "store1" }, datastore)).toMatchObject({
    upidType: "verify",
    workerId: "store1",
  });
  const verify = planVerify({ datastore: "store1", snapshot }, datastore);
  expect(verify).toMatchObject({ upidType: "verify_snapshot", workerId: "store1:ns/a/ns/b/vm/100/66322EC0" });
  expect(planVerify({ datastore: "store1", snapshot: "vm/100/latest" }, datastore).workerId).toBe(
    "store1:/vm/100",
  );
  expect(
    escapeWorkerId(
      planBackup({ datastore: "store1", type: "vm", id: "100", paths: ["/x"] }, datastore, "h").workerId,
    ),
  ).toBe("store1\\x3avm-100");
});

test("backups of one group follow each other, also when one names the host and the other does not", () => {
  const key = (id?: string) =>
    planBackup({ datastore: "store1", paths: ["/x"], ...(id === undefined ? {} : { id }) }, datastore, "web")
      .exclusiveKey;
  expect(key()).toBe(key("web"));
  expect(key()).not.toBe(key("other"));
});

test.each([
  ["../x/vm/1/latest", "namespace"],
  ["vm/1", "backup"],
  ["vm/1/2024-13-01T00:00:00Z", "backup time"],
  ["vm/../latest", "backup"],
  ["/latest", "backup"],
])("refuses to restore %s", (snapshot, message) =>
  expect(() => planRestore({ datastore: "store1", snapshot, target: "/t" }, datastore)).toThrow(message),
);

test("an archive may be named with or without its ending, and never leaves its snapshot", () => {
  const restore = (archive: string) => () =>
    planRestore({ datastore: "store1", snapshot: "vm/1/latest", archive, target: "/t" }, datastore);
  for (const archive of ["root", "root.pxar", "root.mpxar.didx", "disk.img.fidx"])
    expect(restore(archive)).not.toThrow();
  for (const archive of ["../root", "a/b", ".x", ""]) expect(restore(archive)).toThrow("archive name");
});

test("a plan carries the request's place in the queue, and the namespace that rights are asked for", () => {
  const retryPolicy = { countMax: 2, delaySeconds: 60 };
  const scheduling = { project: "web", priority: "high" as const, retryPolicy };
  const paths = ["/x"];
  expect(
    planBackup({ ...scheduling, datastore: "store1", namespace: "a/b", paths }, datastore, "h"),
  ).toMatchObject({ ...scheduling, namespace: "a/b" });
  const snapshot = "a/vm/1/latest";
  expect(planVerify({ ...scheduling, datastore: "store1", snapshot }, datastore)).toMatchObject({
    ...scheduling,
    namespace: "a",
  });
  expect(
    planRestore({ datastore: "store1", snapshot: "vm/1/latest", target: "/t" }, datastore),
  ).toMatchObject({
    project: undefined,
    namespace: "",
  });
});

test("a backup of commands shows the programs and never their words", () => {
  const commands = [{ archive: "db.dump", argv: ["mysqldump", "-psecret", "shop"] }];
  const plan = planBackup({ datastore: "store1", paths: ["/etc"], commands }, datastore, "web-1");
  expect(plan.source).toBe("/etc, db.dump (mysqldump)");
});

test("a backup of nothing is refused when it is asked for", () => {
  expect(() => planBackup({ datastore: "store1", paths: [] }, datastore, "web-1")).toThrow(
    "neither a path nor a command",
  );
});
