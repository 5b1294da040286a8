import { expect, test } from "vitest";
import { run, TEST_UPID } from "./command-run.testing.ts";

const started = () => ({ upid: TEST_UPID });
const noNamespaces = { effectiveRetention: { retention: {}, level: "none", timeZone: "UTC" } };

test("a prune names its scope and its retention", async () => {
  const { exitCode, out, calls } = await run(
    [
      ...["prune", "--datastore", "main", "--namespace", "a/b", "--depth", "0", "--priority", "low"],
      ...["--keep-last", "3", "--keep-yearly", "10", "--time-zone", "Europe/Vienna"],
    ],
    { answers: { startPrune: started } },
  );
  expect([exitCode, out]).toEqual([0, `${TEST_UPID}\n`]);
  expect(calls).toMatchObject([
    {
      name: "startPrune",
      input: {
        body: {
          datastore: "main",
          namespace: "a/b",
          depthMax: 0,
          priority: "low",
          retention: { keepLast: 3, keepYearly: 10, timeZone: "Europe/Vienna" },
        },
      },
    },
  ]);
});

test("a simulation of real groups shows each snapshot with its reason, and starts nothing", async () => {
  const decision = { backupTime: 1_772_407_800, snapshot: "host/web/x", retentionIndex: 0 };
  const plan = {
    plannedAt: 1,
    retentions: [
      { retention: { keepDaily: 7 }, level: "namespace", setOn: "acme", timeZone: "Europe/Vienna" },
    ],
    groups: [
      {
        group: "acme/host/web",
        snapshots: [
          {
            ...decision,
            action: "keep",
            reason: "keep-daily",
            message: "keep-daily: newest of 2026-03-02, 1 of 7",
          },
          { ...decision, action: "remove", reason: "outside", message: "It is older than the windows reach" },
        ],
      },
    ],
    keepCount: 1,
    removeCount: 1,
    freedBytes: 5 * 1_048_576,
    freedChunkCount: 3,
    freeableNowBytes: 1_048_576,
    allFreeableAt: Date.UTC(2026, 2, 3, 12),
  };
  const { out, calls } = await run(["prune", "--datastore", "main", "--simulate"], {
    answers: { planPrune: () => plan },
  });
  expect(calls.map(({ name }) => name)).toEqual(["planPrune"]);
  expect(out).toContain("acme/host/web  daily 7 (Europe/Vienna), set on the namespace acme");
  expect(out).toMatch(/2026-03-01T23:30:00Z {2}✔ stays {2}keep-daily: newest of 2026-03-02, 1 of 7/);
  expect(out).toMatch(/✘ goes {3}It is older than the windows reach/);
  expect(out).toContain("1 snapshot would stay, 1 snapshot would go. Nothing was removed.");
  expect(calls[0]?.input.body).toEqual({ datastore: "main", withFreedBytes: true });
  expect(out).toMatch(/would free 5\.00 MiB in 3 chunks: 1\.00 MiB right away, all of it from 2026-03-03/);
});

test("what only a group uses is told, or why it is not known", async () => {
  const space = { group: "host/web", measuredAt: 1, ownBytes: 3 * 1_048_576, ownChunkCount: 2 };
  const snapshots = [{ snapshot: "host/web/x", ownBytes: 1_048_576, ownChunkCount: 1 }];
  const known = await run(["group", "space", "main:host/web"], {
    answers: { getGroupSpace: () => ({ ...space, snapshots }) },
  });
  expect(known.out).toMatch(/host\/web\/x +1\.00 MiB +1\n/);
  expect(known.out).toContain("host/web uses 3.00 MiB in 2 chunks that nothing else uses");
  const unknown = await run(["group", "space", "main:host/web"], {
    answers: {
      getGroupSpace: () => ({ group: "host/web", measuredAt: 1, snapshots: [], unknownBecause: "too many" }),
    },
  });
  expect(unknown.out).toBe("What only host/web uses is not known: too many\n");
});

test("a schedule is simulated without any datastore", async () => {
  const answer = { timeZone: "UTC", snapshots: [], keepCount: 0, removeCount: 0 };
  const { calls } = await run(
    [
      "prune",
      "--simulate",
      "--times",
      "2:00,14:30",
      "--weekdays",
      "mon,FRI",
      "--days",
      "30",
      "--keep-last",
      "2",
    ],
    { answers: { simulatePrune: () => answer } },
  );
  expect(calls[0]?.input.body).toEqual({
    retention: { keepLast: 2 },
    schedule: { times: ["02:00", "14:30"], weekdays: ["mon", "fri"], dayCount: 30 },
  });
});

test.each([
  [["prune"], "prune needs --datastore"],
  [["prune", "--datastore", "main", "--group", "host/x", "--depth", "1"], "--group stands alone"],
  [["prune", "--datastore", "main", "--keep-last", "many"], "--keep-last is a whole number"],
  [["prune", "--datastore", "main", "--keep-last", "-1"], "--keep-last is a whole number"],
  [["prune", "--datastore", "main", "--time-zone", "UTC"], "--time-zone goes with one of the --keep options"],
  [["prune", "--times", "02:00", "--keep-last", "1"], "--simulate and --times"],
  [["prune", "--simulate", "--times", "25:00", "--keep-last", "1"], "--times takes times like"],
  [["prune", "--simulate", "--times", "02:00"], "at least one of the --keep options"],
  [
    ["prune", "--simulate", "--times", "02:00", "--weekdays", "someday", "--keep-last", "1"],
    "--weekdays takes",
  ],
  [["namespace", "create", "a/b"], "names no datastore"],
  [["namespace", "create", "main:../a"], "not a valid namespace"],
  [["namespace", "update", "main:a"], "give --keep options, or --keep-all, or --inherit"],
  [["namespace", "update", "main:a", "--inherit", "--keep-all"], "give --keep options"],
  [["group", "forget", "main:host/web"], "say --yes to remove every snapshot of main:host/web"],
  [["group", "owner", "main:web", "a@ibs"], "not a valid backup group"],
  [["datastore", "update", "main", "--keep-all", "--keep-last", "1"], "not both"],
])("%j is refused before the server is asked", async (words, message) => {
  const { exitCode, err, calls } = await run(words);
  expect([exitCode, calls]).toEqual([2, []]);
  expect(err).toContain(message);
});

test("a namespace keeps something, everything, or what is set above it", async () => {
  const answers = { updateNamespace: () => ({ ...noNamespaces, namespace: "a" }) };
  const bodyOf = async (...words: string[]): Promise<unknown> =>
    (await run(["namespace", "update", "main:a", ...words], { answers })).calls[0]?.input.body;
  expect(await bodyOf("--keep-weekly", "4")).toEqual({ retention: { keepWeekly: 4 } });
  expect(await bodyOf("--keep-all")).toEqual({ retention: {} });
  expect(await bodyOf("--inherit")).toEqual({ retention: null });
});

test("a datastore's retention is set and taken away beside its other settings", async () => {
  const answers = { updateDatastore: () => ({ name: "main", status: "online", path: "/m", createdAt: 1 }) };
  const bodyOf = async (...words: string[]): Promise<unknown> =>
    (await run(["datastore", "update", "main", ...words], { answers })).calls[0]?.input.body;
  expect(await bodyOf("--keep-daily", "7")).toEqual({ retention: { keepDaily: 7 } });
  expect(await bodyOf("--keep-all", "--tasks", "2")).toEqual({ retention: null, runningTaskCountMax: 2 });
});

test("notes are shown line by line without control characters, and written", async () => {
  const show = { snapshot: { notes: "first\nsecond\u001b[2J" }, verifications: [] };
  const shown = await run(["snapshot", "notes", "main:host/web/latest"], {
    answers: { getSnapshot: () => show },
  });
  expect(shown.out).toBe("first\nsecond\\x1b[2J\n");
  const written = await run(["snapshot", "notes", "main:host/web/latest", ""], {
    answers: { updateSnapshot: () => ({ snapshot: "host/web/2026-03-01T00:00:00Z" }) },
  });
  expect(written.calls[0]?.input.body).toEqual({ notes: "" });
  expect(written.out).toContain("has no notes any more");
});

test("a protection is put on and taken off", async () => {
  const answers = { updateSnapshot: () => ({ snapshot: "host/web/2026-03-01T00:00:00Z" }) };
  const on = await run(["snapshot", "protect", "main:host/web/latest"], { answers });
  const off = await run(["snapshot", "protect", "main:host/web/latest", "--off"], { answers });
  expect([on, off].map(({ calls }) => calls[0]?.input.body)).toEqual([
    { protected: true },
    { protected: false },
  ]);
});

test("a forgotten group says what stayed", async () => {
  const forgotten = { removedCount: 3, protectedCount: 1, inUseCount: 0, removed: false };
  const { out } = await run(["group", "forget", "main:a/host/web", "--yes"], {
    answers: { forgetGroup: () => forgotten },
  });
  expect(out).toBe("Removed 3 snapshots of main:a/host/web\n  1 protected snapshot stayed, and the group\n");
});
