import { mkdtempSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { keepSession, readSessions } from "./kept-session.ts";
import { chooseServer, defaultDataDir, normalUrl } from "./server-choice.ts";

const root = mkdtempSync(join(tmpdir(), "ironcore-choice-"));
const dataDir = join(root, "data");
const env = { XDG_CONFIG_HOME: join(root, "config") };
const text = { outputFormat: "text" } as const;
const LOCAL = { url: "https://127.0.0.1:8007", fingerprint: "AA:BB" };

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, "server.json"), JSON.stringify({ ...LOCAL, pid: 1 }));
  writeFileSync(join(dataDir, "local-token"), "ibl_1\n");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("the server of a command", () => {
  test("is this machine's, known by its data directory", () => {
    expect(chooseServer({ ...text, dataDir }, env)).toEqual({ ...LOCAL, token: "ibl_1" });
    expect(chooseServer(text, { ...env, IRONCORE_BACKUP_DATA_DIR: dataDir })).toEqual({
      ...LOCAL,
      token: "ibl_1",
    });
  });

  test("is told to be missing where the data directory knows none", () => {
    expect(() => chooseServer({ ...text, dataDir: join(root, "none") }, env)).toThrow("No running server");
  });

  test("is a file that cannot be understood, told by its path", () => {
    writeFileSync(join(dataDir, "server.json"), "{");
    expect(() => chooseServer({ ...text, dataDir }, env)).toThrow("server.json cannot be read");
  });

  test("is another one by --server, with the session that login kept", () => {
    keepSession(env, "https://backup:8007", { token: "s1", fingerprint: "CC" });
    const expected = { url: "https://backup:8007", token: "s1", fingerprint: "CC" };
    expect(chooseServer({ ...text, server: "backup" }, env)).toEqual(expected);
    expect(chooseServer(text, { ...env, IRONCORE_BACKUP_SERVER: "https://backup:8007" })).toEqual(expected);
  });

  test("is another one with the environment's token", () => {
    const given = { ...env, IRONCORE_BACKUP_TOKEN: "t", IRONCORE_BACKUP_FINGERPRINT: "DD" };
    expect(chooseServer({ ...text, server: "backup" }, given)).toEqual({
      url: "https://backup:8007",
      token: "t",
      fingerprint: "DD",
    });
  });

  test("is this machine's when --server names its very address, and never gets its token otherwise", () => {
    expect(chooseServer({ ...text, dataDir, server: "127.0.0.1:8007" }, env).token).toBe("ibl_1");
    expect(() => chooseServer({ ...text, dataDir, server: "127.0.0.1:9000" }, env)).toThrow("No credential");
  });

  test("has a default data directory, and the environment's where it is set", () => {
    expect(defaultDataDir({ IRONCORE_BACKUP_DATA_DIR: "/x" })).toBe("/x");
    expect(defaultDataDir({ IRONCORE_BACKUP_DATA_DIR: "" })).toMatch(/ironcore-backup$/);
  });
});

describe("kept sessions", () => {
  test("are readable by their owner alone, and forgotten one by one", () => {
    keepSession(env, "https://a:8007", { token: "1" });
    keepSession(env, "https://b:8007", { token: "2" });
    expect(statSync(join(root, "config/ironcore-backup/sessions.json")).mode & 0o777).toBe(0o600);
    keepSession(env, "https://a:8007", undefined);
    expect(readSessions(env)).toEqual({ "https://b:8007": { token: "2" } });
  });
});

test.each([
  ["backup", "https://backup:8007"],
  ["backup:443", "https://backup"],
  ["10.0.0.5:9000", "https://10.0.0.5:9000"],
  ["[::1]", "https://[::1]:8007"],
  ["https://Backup.example.org/", "https://backup.example.org"],
])("the server %s is %s", (given, url) => {
  expect(normalUrl(given)).toBe(url);
});

test.each(["http://backup", "https://user@backup", "https://backup/api", "", "a b", "ftp://x"])(
  "%j is no server",
  (given) => {
    expect(() => normalUrl(given)).toThrow("is no server");
  },
);
