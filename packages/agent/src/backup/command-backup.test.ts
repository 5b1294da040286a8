import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createEncryptionKey } from "@ironcore-backup/format";
import type { CommandSource } from "../commands/command.ts";
import { AgentBench } from "../testing/agent-bench.testing.ts";

let bench: AgentBench;
beforeEach(() => {
  bench = new AgentBench();
});
afterEach(() => bench.dispose());

const at = (...parts: string[]): string => join(bench.source, ...parts);
const dump = (...argv: [string, ...string[]]): CommandSource => ({ archive: "db.dump", argv });
const shell = (script: string): CommandSource => dump("/bin/sh", "-c", script);

test("what a command prints comes back as a file of the archive's name, readable by its owner alone", async () => {
  const content = bench.noise(20_000_000);
  writeFileSync(at("data"), content);
  const { manifest, statistics } = await bench.backup({ sources: [], commands: [dump("cat", at("data"))] });
  expect(manifest.files.map(({ name }) => name)).toEqual(["db.dump.didx", "sources.blob"]);
  expect(statistics).toMatchObject({
    fileCount: 1,
    sourceSizeBytes: 20_000_000,
    sourceReadBytes: 20_000_000,
    newRawBytes: 20_000_000,
  });
  const { target, statistics: restored } = await bench.restore();
  expect(readdirSync(target)).toEqual(["db.dump"]);
  expect(readFileSync(join(target, "db.dump")).equals(content)).toBe(true);
  expect(statSync(join(target, "db.dump")).mode & 0o777).toBe(0o600);
  expect(restored).toMatchObject({ fileCount: 1, restoredBytes: 20_000_000 });
});

test("a dump that is nearly the last one adds little, though all of it was read", async () => {
  const content = Buffer.from(bench.noise(40_000_000));
  writeFileSync(at("data"), content);
  const commands = [dump("cat", at("data"))];
  await bench.backup({ sources: [], commands });
  writeFileSync(
    at("data"),
    Buffer.concat([content.subarray(0, 1000), Buffer.from("a row more"), content.subarray(1000)]),
  );
  const { statistics } = await bench.backup({ sources: [], commands });
  expect(statistics.sourceReadBytes).toBe(40_000_010);
  expect(statistics.newRawBytes).toBeLessThanOrEqual(8 * 1024 * 1024);
});

test("paths and commands stand beside each other in one snapshot, encrypted when the rest is", async () => {
  writeFileSync(at("file"), "of the tree");
  const key = createEncryptionKey(new Uint8Array(32).fill(7));
  await bench.backup({ key, commands: [shell("echo of the command")] });
  await expect(bench.restore({ archives: ["db.dump"] })).rejects.toMatchObject({ code: "KEY_REQUIRED" });
  const { target } = await bench.restore({ key });
  expect(readFileSync(join(target, "db.dump"), "utf8")).toBe("of the command\n");
  expect(readdirSync(target)).toHaveLength(2);
});

test.each([
  ["exits with a failure after its whole output", "echo all of it; exit 1", "COMMAND_FAILED"],
  ["is killed in the middle", "echo half; kill -9 $$", "COMMAND_FAILED"],
  ["prints nothing", "true", "COMMAND_OUTPUT_EMPTY"],
  [
    "is not let in",
    "echo 'FATAL:  password authentication failed for user \"x\"' >&2; exit 1",
    "SOURCE_NOT_REACHABLE",
  ],
])("a command that %s leaves no snapshot", async (_what, script, code) => {
  await expect(bench.backup({ sources: [], commands: [shell(script)] })).rejects.toMatchObject({ code });
  expect(bench.store.snapshots).toEqual([]);
  expect(bench.store.abortCount).toBe(1);
});

test.each(["db.pxar", "disk.img", "sources", "../x", "a/b", ".hidden", "catalog.pcat1"])(
  "an archive cannot be called %s",
  async (archive) => {
    await expect(
      bench.backup({ sources: [], commands: [{ archive, argv: ["true"] }] }),
    ).rejects.toMatchObject({
      code: "COMMAND_ARCHIVE_INVALID",
    });
  },
);

test("two archives of one name are refused before a command runs", async () => {
  const commands = [shell(`touch ${at("ran")}; echo x`), shell("echo y")];
  await expect(bench.backup({ sources: [], commands })).rejects.toMatchObject({
    code: "COMMAND_ARCHIVE_INVALID",
  });
  expect(existsSync(at("ran"))).toBe(false);
});

test("a backup of nothing at all is refused", async () => {
  await expect(bench.backup({ sources: [] })).rejects.toMatchObject({ code: "SOURCES_NONE" });
});

test("a restore overwrites a file only when that was asked for", async () => {
  await bench.backup({ sources: [], commands: [shell("echo new")] });
  const { target } = await bench.restore();
  writeFileSync(join(target, "db.dump"), "mine");
  await expect(bench.restore({ target })).rejects.toMatchObject({ code: "TARGET_EXISTS" });
  expect(readFileSync(join(target, "db.dump"), "utf8")).toBe("mine");
  await bench.restore({ target, overwrite: "always" });
  expect(readFileSync(join(target, "db.dump"), "utf8")).toBe("new\n");
  expect(readdirSync(target)).toEqual(["db.dump"]);
});

test("a dump with a damaged chunk never gets its name", async () => {
  writeFileSync(at("data"), bench.noise(20_000_000));
  const { manifest } = await bench.backup({ sources: [], commands: [dump("cat", at("data"))] });
  const name = manifest.files[0]?.name;
  if (name === undefined) throw new Error("no archive");
  bench.store.removeChunk(bench.store.source().openDynamicIndex(name).digestAt(1));
  const target = bench.newTarget();
  await expect(bench.restore({ target })).rejects.toMatchObject({ code: "RESTORE_CHUNK_FAILED" });
  expect(readdirSync(target)).toEqual([]);
  await bench.restore({ target, skipDamaged: true });
  expect(bench.codes()).toEqual(["FILE_NOT_RESTORED"]);
  expect(readdirSync(target)).toEqual([]);
});

test("the command before runs before anything is read, the one after when all is done; both speak in the log", async () => {
  const { manifest } = await bench.backup({
    preCommand: { argv: ["/bin/sh", "-c", `echo quiesced; echo x > ${at("made-before")}`] },
    postCommand: { argv: ["/bin/sh", "-c", `echo resumed; echo y > ${at("made-after")}`] },
  });
  expect(manifest.files.length).toBeGreaterThan(1);
  expect(bench.notices.map(({ message }) => message)).toEqual([
    "pre-command: quiesced",
    "post-command: resumed",
  ]);
  const { target } = await bench.restore();
  expect(readdirSync(target)).toEqual(["made-before"]);
  expect(existsSync(at("made-after"))).toBe(true);
});

test("a command before that fails fails the backup, and the one after runs still", async () => {
  const failed = bench.backup({
    preCommand: { argv: ["/bin/sh", "-c", "exit 3"] },
    postCommand: { argv: ["touch", at("after")] },
  });
  await expect(failed).rejects.toMatchObject({
    code: "COMMAND_FAILED",
    context: { role: "pre-command", exitCode: 3 },
  });
  expect(existsSync(at("after"))).toBe(true);
  expect(bench.store.snapshots).toEqual([]);
});

test("a cancel in the middle still runs the command after", async () => {
  const abort = new AbortController();
  writeFileSync(at("data"), bench.noise(1_000_000));
  const cancelled = bench.backup(
    {
      sources: [],
      commands: [shell(`cat ${at("data")}; exec sleep 1000`)],
      postCommand: { argv: ["touch", at("after")] },
    },
    { signal: abort.signal, ...bench.duringWalk(({ doneBytes }) => void (doneBytes > 0 && abort.abort())) },
  );
  await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
  expect(existsSync(at("after"))).toBe(true);
});

test("a command after that fails is a warning; the snapshot is there", async () => {
  await bench.backup({ postCommand: { argv: ["/bin/sh", "-c", "exit 1"] } });
  expect(bench.codes()).toEqual(["POST_COMMAND_FAILED"]);
  expect(bench.store.snapshots).toHaveLength(1);
});
