import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSeededRandom } from "@ironcore-backup/base";
import { openSeal } from "./seal.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ironcore-seal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const random = createSeededRandom(7);

test("what was sealed is opened again, also by the next life of the server, and is not to be read without the key", () => {
  const path = join(folder, "secrets.key");
  const sealed = openSeal({ random }, path).seal("tränengas", "target:mail");
  expect(sealed).not.toContain("tr");
  expect(openSeal({ random }, path).open(sealed, "target:mail")).toBe("tränengas");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(openSeal({ random }, path).seal("tränengas", "target:mail")).not.toBe(sealed);
});

test("another place, another key, a changed letter or half of it open nothing", () => {
  const seal = openSeal({ random }, join(folder, "one.key"));
  const sealed = seal.seal("secret", "target:mail");
  const other = openSeal({ random }, join(folder, "other.key"));
  const changed = sealed.slice(0, -3) + (sealed.endsWith("A==") ? "B==" : "A==");
  for (const open of [
    () => seal.open(sealed, "target:chat"),
    () => other.open(sealed, "target:mail"),
    () => seal.open(changed, "target:mail"),
    () => seal.open(sealed.slice(0, 20), "target:mail"),
    () => seal.open("secret", "target:mail"),
  ])
    expect(open).toThrow(expect.objectContaining({ code: "SEALED_UNREADABLE" }));
});

test("a damaged key is told and left as it is", () => {
  const path = join(folder, "secrets.key");
  writeFileSync(path, "half of it");
  expect(() => openSeal({ random }, path)).toThrow(
    expect.objectContaining({ code: "DATA_DIRECTORY_UNUSABLE" }),
  );
});
