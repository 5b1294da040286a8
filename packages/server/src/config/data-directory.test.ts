import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDataDirectory } from "./data-directory.ts";
import { openLocalToken } from "./local-token.ts";
import { createSystemRandom } from "@ironcore-backup/base";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ironcore-data-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("makes what is missing, closes what was open to others", () => {
  const path = join(root, "deep", "data");
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
  const directory = openDataDirectory(path);
  for (const folder of [path, directory.taskLogPath, directory.tlsPath]) {
    expect([folder, statSync(folder).mode & 0o777]).toEqual([folder, 0o700]);
  }
  directory.close();
});

test("is one server's: a second one learns whose process holds it, and gets it when the first is done", () => {
  const first = openDataDirectory(root);
  expect(() => openDataDirectory(root)).toThrow(
    `Another server uses the data directory ${root} (process ${process.pid})`,
  );
  first.close();
  openDataDirectory(root).close();
});

test("a process that was killed leaves no lock behind", () => {
  const module = new URL("./data-directory.ts", import.meta.url).href;
  const program = `import(${JSON.stringify(module)}).then(({ openDataDirectory }) => {
    openDataDirectory(${JSON.stringify(root)});
    process.kill(process.pid, "SIGKILL");
  });`;
  expect(spawnSync(process.execPath, ["-e", program]).signal).toBe("SIGKILL");
  openDataDirectory(root).close();
});

test("says why a directory cannot be used", () => {
  writeFileSync(join(root, "file"), "");
  expect(() => openDataDirectory(join(root, "file", "data"))).toThrow("cannot be used");
});

test("the local token is kept over restarts, private, and made anew when what lies there is none", () => {
  const random = createSystemRandom();
  const path = join(root, "local-token");
  const token = openLocalToken({ random }, path);
  chmodSync(path, 0o644);
  expect(openLocalToken({ random }, path)).toBe(token);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, "admin");
  expect(openLocalToken({ random }, path)).toMatch(/^ibl_[0-9a-f]{64}$/);
});
