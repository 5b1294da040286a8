import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterAll, expect, test } from "vitest";
import { completePath } from "./path-completion.ts";

const CLI = join(import.meta.dirname, "../bin/ironcore-backup.js");
const root = mkdtempSync(join(tmpdir(), "ironcore-completion-"));
mkdirSync(join(root, "folder/inner"), { recursive: true });
for (const name of ["file", "folder/one", ".hidden"]) writeFileSync(join(root, name), "");
symlinkSync("nowhere", join(root, "fallen"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("paths complete to what is there, directories with a slash, hidden ones only when asked for", () => {
  expect(completePath(root, "f")).toEqual(["fallen", "file", "folder/"]);
  expect(completePath(root, "folder/")).toEqual(["folder/inner/", "folder/one"]);
  expect(completePath("/", `${root}/.h`)).toEqual([`${root}/.hidden`]);
  expect(completePath(root, "nowhere/")).toEqual([]);
});

/** As the shell's script does it: the real program, in a process of its own. */
function complete(...words: string[]): string[] {
  const done = spawnSync(process.execPath, [CLI, "complete", "--", ...words], {
    encoding: "utf8",
    cwd: root,
  });
  expect(done.stderr).toBe("");
  return done.stdout
    .split("\\n")
    .flatMap((line) => line.split("\n"))
    .map((line) => line.split("\t")[0] ?? "");
}

test("commands, options, their values and paths complete in the real program", () => {
  expect(complete("snap")).toContain("snapshot");
  expect(complete("task", "")).toEqual(expect.arrayContaining(["list", "show", "log", "cancel", "wait"]));
  expect(complete("task", "list", "--st")).toContain("--status");
  expect(complete("task", "list", "--status", "fa")).toContain("failed");
  expect(complete("restore", "x", "--target", "fo")).toEqual(["folder/", ":6", ""]);
}, 30_000);
