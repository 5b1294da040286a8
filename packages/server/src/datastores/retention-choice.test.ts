import { expect, test } from "vitest";
import { KEEP_RULES } from "@ironcore-backup/protocol";
import { KEEP_RULES as ENGINE_KEEP_RULES } from "@ironcore-backup/engine";
import { checkRetention, chooseRetention } from "./retention-choice.ts";
import type { RetentionTable } from "./retention-choice.ts";

const table: RetentionTable = {
  datastore: "main",
  timeZone: "Europe/Vienna",
  ofNamespaces: {
    "": { keepDaily: 7 },
    customers: { keepDaily: 14, timeZone: "America/New_York" },
    "customers/acme/archive": {},
  },
  ofJobs: { hourly: { keepHourly: 24 } },
};

const chosen = (namespace: string, job?: string, from = table) =>
  chooseRetention(from, { namespace, job }).effective;

test("the most specific retention holds, and holds alone", () => {
  expect(chosen("")).toEqual({
    retention: { keepDaily: 7 },
    level: "datastore",
    setOn: "main",
    timeZone: "Europe/Vienna",
  });
  expect(chosen("else")).toMatchObject({ level: "datastore" });
  // Not below it, although it begins alike.
  expect(chosen("customers2")).toMatchObject({ level: "datastore" });
  expect(chosen("customers")).toMatchObject({ level: "namespace", setOn: "customers" });
  expect(chosen("customers/acme")).toEqual({
    retention: { keepDaily: 14, timeZone: "America/New_York" },
    level: "namespace",
    setOn: "customers",
    timeZone: "America/New_York",
  });
  // Empty is said too: everything stays there.
  expect(chosen("customers/acme/archive/deep")).toMatchObject({
    retention: {},
    setOn: "customers/acme/archive",
  });
  expect(chosen("customers", "hourly")).toMatchObject({ level: "job", setOn: "hourly" });
  expect(chosen("customers", "unknown")).toMatchObject({ level: "namespace" });
  const asked = { ...table, ofRequest: { keepLast: 1 } };
  expect(chosen("customers", "hourly", asked)).toEqual({
    retention: { keepLast: 1 },
    level: "request",
    timeZone: "Europe/Vienna",
  });
  expect(chosen("a", undefined, { ...table, ofNamespaces: {} })).toMatchObject({
    level: "none",
    retention: {},
  });
});

test("only a job with a retention of its own counts by itself", () => {
  const keyOf = (job: string | undefined, from = table): string =>
    chooseRetention(from, { namespace: "customers", job }).key;
  expect([keyOf(undefined), keyOf("unknown"), keyOf("hourly")]).toEqual(["", "", "job hourly"]);
  expect(keyOf("hourly", { ...table, ofRequest: { keepLast: 1 } })).toBe("");
});

test("names that every object knows are names like others", () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    expect(chosen(name)).toMatchObject({ level: "datastore" });
    expect(chosen("", name)).toMatchObject({ level: "datastore" });
    const named = { ...table, ofNamespaces: Object.fromEntries([[name, { keepLast: 3 }]]) };
    // As it travels to a worker process.
    const travelled = JSON.parse(JSON.stringify(named)) as RetentionTable;
    expect(chosen(`${name}/below`, undefined, travelled)).toMatchObject({ setOn: name });
  }
});

test("a zone is kept in the platform's spelling, and one that does not exist is refused", () => {
  expect(checkRetention({ keepLast: 1, timeZone: "europe/vienna" })).toEqual({
    keepLast: 1,
    timeZone: "Europe/Vienna",
  });
  expect(() => checkRetention({ timeZone: "Mars/Olympus" })).toThrow('There is no time zone "Mars/Olympus"');
});

test("the protocol and the engine mean the same windows in the same order", () => {
  expect(KEEP_RULES).toEqual(ENGINE_KEEP_RULES);
});
