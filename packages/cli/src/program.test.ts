import { expect, test } from "vitest";
import { baseErrors, CodedError } from "@ironcore-backup/base";
import { aTask, run, TEST_UPID } from "./command-run.testing.ts";
import { findCommandWord } from "./program.ts";

const started = () => ({ upid: TEST_UPID });
const LATEST = "main:host/web-1/latest";

test("help and version end with 0 and say so on standard output", async () => {
  expect(await run(["--version"])).toMatchObject({ exitCode: 0, out: "1.2.3\n", err: "" });
  const help = await run(["--help"]);
  expect(help).toMatchObject({ exitCode: 0, err: "" });
  for (const word of [
    "serve",
    "status",
    "datastore",
    "backup",
    "snapshot",
    "restore",
    "verify",
    "task",
    "key",
    "completion",
  ]) {
    expect(help.out).toContain(`\n  ${word} `);
  }
  expect(help.out).not.toContain("\n  complete ");
});

test.each([
  [["backpu"], "Did you mean backup?"],
  [["task", "lst"], "Did you mean list?"],
  [["task", "list", "--stats", "ok"], "Did you mean --status?"],
  [["task", "list", "--status", "fine"], "Allowed choices are queued, running"],
  [["task", "show"], "missing required argument 'UPID'"],
  [["restore", LATEST], "required option '--target <DIR>' not specified"],
  [["status", "--output-format", "xml"], "Allowed choices are text, json"],
  [["task", "list", "--limit", "many"], "--limit is a whole number"],
  [["task", "list", "--since", "yesterday"], "neither an age like 24h nor a date"],
  [["snapshot", "show", "host/web-1/latest"], "names no datastore"],
  [["backup", "--datastore", "main"], "backup needs --path, --image or --command"],
  [["verify"], "verify needs a snapshot or --datastore"],
])("%j is refused as usage, with a hint", async (words, hint) => {
  const { exitCode, err, calls } = await run(words);
  expect(exitCode).toBe(2);
  expect(err).toContain(hint);
  expect(calls).toEqual([]);
});

test("a group without a command shows its help and is no success", async () => {
  const { exitCode, err } = await run(["task"]);
  expect(exitCode).toBe(2);
  expect(err).toContain("cancel <UPID>");
});

test("global options may stand before and behind the command", async () => {
  const answers = { listTasks: () => ({ tasks: [] }) };
  const behind = await run(["task", "list", "--data-dir", "/d", "--output-format", "json"], { answers });
  const before = await run(["--data-dir", "/d", "--output-format=json", "task", "list"], { answers });
  expect(behind.options).toMatchObject({ dataDir: "/d", outputFormat: "json" });
  expect(before.options).toMatchObject({ dataDir: "/d", outputFormat: "json" });
  expect(before.out).toBe("[]\n");
});

test("the command's word is found behind options that take a value", () => {
  expect(findCommandWord(["--server", "backup", "--output-format=json", "task", "list"])).toBe("task");
  expect(findCommandWord(["--help"])).toBeUndefined();
});

test("a backup's paths are made absolute, and its options become the request", async () => {
  const { exitCode, out, calls } = await run(
    [
      ...["backup", "--path", "data", "--path", "/etc", "--image", "../disk.raw", "--optional", "/mnt/usb"],
      ...[
        "--datastore",
        "main",
        "--namespace",
        "a/b",
        "--id",
        "web-1",
        "--exclude",
        "*.tmp",
        "--exclude",
        "/cache/",
      ],
      ...[
        "--one-file-system",
        "--full",
        "--keyfile",
        "host.key",
        "--compression",
        "3",
        "--notes",
        "before upgrade",
      ],
    ],
    { answers: { startBackup: started } },
    { workingDir: "/home/me" },
  );
  expect(exitCode).toBe(0);
  expect(out).toBe(`${TEST_UPID}\n`);
  expect(calls[0]?.input.body).toEqual({
    datastore: "main",
    namespace: "a/b",
    id: "web-1",
    paths: ["/home/me/data", "/etc", "/home/disk.raw", "/mnt/usb"],
    excludes: ["*.tmp", "/cache/"],
    optionalPaths: ["/mnt/usb"],
    oneFileSystem: true,
    full: true,
    keyFile: "/home/me/host.key",
    compressionLevel: 3,
    notes: "before upgrade",
  });
});

test("a backup of a workload says where to, and refuses what its record says", async () => {
  const { calls, out } = await run(
    ["backup", "web", "--datastore", "main", "--full", "--priority", "high", "--notes", "before upgrade"],
    { answers: { backUpWorkload: started } },
  );
  expect(out).toBe(`${TEST_UPID}\n`);
  expect(calls[0]?.input).toMatchObject({
    params: { workload: "web" },
    body: { datastore: "main", full: true, priority: "high", notes: "before upgrade" },
  });
  const mixed = await run(["backup", "web", "--datastore", "main", "--one-file-system"]);
  expect(mixed.exitCode).toBe(2);
  expect(mixed.err).toContain("--one-file-system does not go with a workload");
});

test("a restore names datastore, snapshot, archive, target, patterns and policy", async () => {
  const { calls } = await run(
    ["restore", LATEST, "etc", "--target", "back", "--include", "/nginx/", "--overwrite", "if-changed"],
    { answers: { startRestore: started } },
  );
  expect(calls[0]?.input.body).toEqual({
    datastore: "main",
    snapshot: "host/web-1/latest",
    archive: "etc",
    target: "/home/me/back",
    includes: ["/nginx/"],
    overwrite: "if-changed",
  });
});

test("verify takes a datastore, or one snapshot in either spelling", async () => {
  const answers = { startVerify: started };
  const bodyOf = async (...words: string[]) =>
    (await run(["verify", ...words], { answers })).calls[0]?.input.body;
  expect(await bodyOf("--datastore", "main")).toEqual({ datastore: "main" });
  const one = { datastore: "main", snapshot: "host/web-1/latest" };
  expect(await bodyOf(LATEST)).toEqual(one);
  expect(await bodyOf("host/web-1/latest", "--datastore", "main")).toEqual(one);
});

test("what starts a task prints its UPID, as JSON when asked", async () => {
  const { out } = await run(["verify", "--datastore", "main", "--output-format", "json"], {
    answers: { startVerify: started },
  });
  expect(JSON.parse(out)).toEqual({ upid: TEST_UPID });
});

test("a task list asks for as many pages as its limit takes", async () => {
  const task = aTask();
  const { out, calls } = await run(
    ["task", "list", "--limit", "1500", "--since", "24h", "--output-format", "json"],
    {
      answers: {
        listTasks: ({ query }) => {
          const { limit, cursor } = query as { limit: number; cursor?: string };
          return { tasks: Array(limit).fill(task), nextCursor: cursor === undefined ? "next" : "more" };
        },
      },
    },
  );
  expect(JSON.parse(out)).toHaveLength(1500);
  const since = 1_800_000_000_000 - 86_400_000;
  expect(calls.map((call) => call.input.query)).toEqual([
    { limit: 1000, since },
    { limit: 500, since, cursor: "next" },
  ]);
});

test("a task list folds the UPID below its row where the line would wrap, and never elsewhere", async () => {
  const server = { answers: { listTasks: () => ({ tasks: [aTask({ source: "/srv/\u001b[31mred" })] }) } };
  const wide = await run(["task", "list"], server);
  const narrow = await run(["task", "list"], server, { terminalWidth: 120 });
  expect(wide.out.split("\n")).toHaveLength(3);
  expect(wide.out).toContain(TEST_UPID);
  expect(narrow.out.split("\n")[2]).toBe(`  ${TEST_UPID}`);
  expect(wide.out).not.toContain("\u001b");
});

test("an error reads as code, message and remedy, or as JSON", async () => {
  const refusing = {
    answers: {
      listTasks: () => {
        throw new CodedError({
          code: "TASK_X",
          message: "it broke",
          remedy: "mend it",
          retry: "never",
          context: {},
        });
      },
    },
  };
  const text = await run(["task", "list"], refusing);
  expect(text).toMatchObject({ exitCode: 1, out: "", err: "TASK_X: it broke\nWhat to do: mend it\n" });
  const json = await run(["task", "list", "--output-format", "json"], refusing);
  expect(JSON.parse(json.err)).toMatchObject({
    error: { code: "TASK_X", message: "it broke", remedy: "mend it" },
  });
});

test("a call that Ctrl-C ended ends with 130 and no complaint", async () => {
  const answers = {
    listTasks: () => {
      throw baseErrors.CANCELLED({});
    },
  };
  expect(await run(["task", "list"], { answers })).toMatchObject({ exitCode: 130, err: "" });
});

test("forget settles what `latest` means first, and tells what is gone", async () => {
  const { out, calls } = await run(["snapshot", "forget", LATEST], {
    answers: {
      getSnapshot: () => ({ snapshot: { snapshot: "host/web-1/2026-01-01T00:00:00Z" }, verifications: [] }),
      forgetSnapshot: () => null,
    },
  });
  expect(calls[1]).toMatchObject({
    name: "forgetSnapshot",
    input: { params: { snapshot: "host/web-1/2026-01-01T00:00:00Z" } },
  });
  expect(out).toBe("Forgot main:host/web-1/2026-01-01T00:00:00Z\n");
});

test("a task may be named `latest`, where looking at it is all that happens", async () => {
  const answers = {
    listTasks: () => ({ tasks: [aTask()] }),
    getTask: () => aTask(),
    getTaskLog: () => ({ lines: [], lineCount: 0, finished: true }),
    cancelTask: () => aTask(),
  };
  const paramsOf = async (...words: string[]) => (await run(words, { answers })).calls.at(-1)?.input.params;
  expect(await paramsOf("task", "show", "latest")).toEqual({ upid: TEST_UPID });
  expect(await paramsOf("task", "log", "latest")).toEqual({ upid: TEST_UPID });
  expect(await paramsOf("task", "cancel", "latest")).toEqual({ upid: "latest" });
  const none = await run(["task", "log", "latest"], { answers: { listTasks: () => ({ tasks: [] }) } });
  expect(none.err).toContain("There is no task yet");
});
