import { describe, expect, test } from "vitest";
import { findRepeatedCodes, formatErrorPage, readErrorRows } from "./error-page.ts";
import { readRepository } from "./repository.ts";

const table = (packageName: string, rows: string) => ({
  path: `packages/${packageName}/src/errors.ts`,
  text: `export const errors = defineErrors({ ${rows} });`,
});

describe("the page of errors", () => {
  test("shows the message's shape, the remedy and whether to try again", () => {
    const [row] = readErrorRows([
      table(
        "engine",
        'DISK_FULL: errorEntry("later", (c: { path: string }) => `${c.path}: no space` + " left", "Free space.")',
      ),
    ]);
    expect(row).toEqual({
      packageName: "engine",
      code: "DISK_FULL",
      message: "<path>: no space left",
      remedy: "Free space.",
      retry: "later",
    });
  });

  test("shows both sides of a choice and the value inside a call", () => {
    const message =
      '`${formatSize(c.sizeBytes)}${c.pid === undefined ? "" : ` by ${c.pid}`} ${c.a ?? "none"}`';
    const [row] = readErrorRows([table("a", `A: errorEntry("now", (c) => ${message}, "B")`)]);
    expect(row?.message).toBe("<sizeBytes>[ by <pid>] (<a> | none)");
  });

  test("refuses a table that it cannot read", () => {
    expect(() => readErrorRows([table("a", "")])).toThrow("no errorEntry rows");
    expect(() => readErrorRows([table("a", 'A: errorEntry("now", text, "B")')])).toThrow("not errorEntry");
  });

  test("finds a code that two packages use", () => {
    const rows = readErrorRows([
      table("a", 'SAME: errorEntry("now", () => "a", "b")'),
      table("b", 'SAME: errorEntry("now", () => "a", "b"), OTHER: errorEntry("now", () => "a", "b")'),
    ]);
    expect(findRepeatedCodes(rows)).toEqual(["SAME"]);
  });

  test("is the one in docs/errors.md: node tools/src/error-page-main.ts writes it", () => {
    const files = readRepository();
    const page = files.find((file) => file.path === "docs/errors.md");
    expect(page?.text).toBe(formatErrorPage(readErrorRows(files)));
  });

  test("has every code once in the whole house", () => {
    expect(findRepeatedCodes(readErrorRows(readRepository()))).toEqual([]);
  });
});
