import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createFakeClock, instantFromMs } from "@ironcore-backup/base";
import { openServiceLog } from "./service-log.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).toReversed()) close();
});

function aLog() {
  const directory = mkdtempSync(join(tmpdir(), "ironcore-log-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "server.jsonl");
  const clock = createFakeClock(instantFromMs(Date.UTC(2026, 0, 2, 3, 4, 5, 6)));
  const log = openServiceLog({ clock }, { target: "file", path });
  closers.push(() => log.close());
  const lines = () =>
    readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, path, lines };
}

test("every line has instant, level, service and message, whichever service writes it", () => {
  const { log, lines } = aLog();
  log.loggerFor("api").info({ requestId: "1" }, "request");
  log.loggerFor("verifier").warn({ code: "WORKER_START_FAILED" }, "it did not start");
  expect(lines()).toEqual([
    { level: "info", time: "2026-01-02T03:04:05.006Z", service: "api", requestId: "1", message: "request" },
    {
      level: "warning",
      time: "2026-01-02T03:04:05.006Z",
      service: "verifier",
      code: "WORKER_START_FAILED",
      message: "it did not start",
    },
  ]);
});

test("a secret under any of its names is hidden, also one level down", () => {
  const { log, path } = aLog();
  const secret = "hunter2hunter2";
  const names = ["password", "oldPassword", "token", "secret", "authorization", "cookie", "csrfToken"];
  for (const name of names)
    log.loggerFor("api").info({ [name]: secret, body: { [name]: secret }, headers: { [name]: secret } }, "x");
  expect(readFileSync(path, "utf8")).not.toContain(secret);
});

test("the log turns over at its size and keeps one old file", () => {
  const { log, path } = aLog();
  const text = "x".repeat(1024 * 1024);
  for (let at = 0; at < 40; at++) log.loggerFor("api").info(text);
  expect(statSync(path).size).toBeLessThan(18 * 1024 * 1024);
  expect(statSync(`${path}.1`).size).toBeLessThan(18 * 1024 * 1024);
});
