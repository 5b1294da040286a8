import { expect, test } from "vitest";
import { parseListen, parseServerOptions } from "./server-options.ts";
import type { Surroundings } from "./server-options.ts";

const surroundings: Surroundings = { env: {}, isRoot: false, homePath: "/home/ops", coreCount: 8 };

test("defaults fit the user who starts it and the machine", () => {
  expect(parseServerOptions([], surroundings)).toEqual({
    dataDir: "/home/ops/.local/share/ironcore-backup",
    listen: { host: "127.0.0.1", port: 8007 },
    slotCounts: { worker: 8, verifier: 1, gc: 1, sync: 1 },
    logTarget: "file",
  });
  expect(parseServerOptions([], { ...surroundings, isRoot: true, coreCount: 1 })).toMatchObject({
    dataDir: "/var/lib/ironcore-backup",
    slotCounts: { worker: 2 },
  });
});

test("an argument wins over the environment, and an empty variable counts as none", () => {
  const env = {
    IRONCORE_BACKUP_DATA_DIR: "/srv/a",
    IRONCORE_BACKUP_LISTEN: "",
    IRONCORE_BACKUP_SLOTS: "3",
    IRONCORE_BACKUP_VERIFIER_SLOTS: "4",
    IRONCORE_BACKUP_SYNC_SLOTS: "6",
    IRONCORE_BACKUP_EVENT_READERS: "1000",
  };
  const args = ["--data-dir", "/srv/b", "--log", "stderr", "--sync-slots=5"];
  const options = parseServerOptions(args, { ...surroundings, env });
  expect(options).toEqual({
    dataDir: "/srv/b",
    listen: { host: "127.0.0.1", port: 8007 },
    slotCounts: { worker: 3, verifier: 4, gc: 1, sync: 5 },
    logTarget: "stderr",
    eventReadersPerUserMax: 1000,
  });
});

test.each([
  ["localhost:0", { host: "localhost", port: 0 }],
  ["0.0.0.0", { host: "0.0.0.0", port: 8007 }],
  ["[::1]:9000", { host: "::1", port: 9000 }],
])("listens on %s", (text, address) => expect(parseListen(text)).toEqual(address));

test.each(["", ":8007", "a:b", "1.2.3.4:99999", "::1", "[1.2.3.4]:80", "a b:1", "host:1:2"])(
  "refuses to listen on %j",
  (text) => expect(() => parseListen(text)).toThrow("--listen"),
);

test.each([
  ["--slots", "0"],
  ["--slots", "65"],
  ["--slots", "many"],
  ["--gc-slots", "0"],
  ["--log", "syslog"],
  ["--event-readers", "0"],
  ["--event-readers", "5001"],
  ["--nonsense"],
])("refuses %s %s", (...args) =>
  expect(() => parseServerOptions(args, surroundings)).toThrow("is not a valid value"),
);
