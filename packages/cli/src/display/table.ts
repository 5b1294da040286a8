/** Tables without borders, for people. */

import { createRequire } from "node:module";
import type { Look } from "./look.ts";

const EDGES = ["top", "bottom", "left", "right", "mid"];
const NO_BORDERS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    EDGES.flatMap((edge) => [
      [edge, ""],
      [`${edge}-mid`, ""],
    ]),
  ),
  ...{ "top-left": "", "top-right": "", "bottom-left": "", "bottom-right": "" },
  middle: "  ",
};

/**
 * Lines of the table, the heads first. Columns where no row has anything are left out.
 * @param rows  as many cells each as there are heads, of one line each; "right" in `alignment` for figures
 */
export function tableLines(
  look: Look,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  alignment: readonly ("left" | "right")[] = [],
): string[] {
  const shown = heads.flatMap((_head, column) => (rows.some((row) => row[column] !== "") ? [column] : []));
  // Loaded when the first table is drawn, and not by every command that may draw one. The package's own types.
  const Table = createRequire(import.meta.url)("cli-table3") as typeof import("cli-table3");
  const table = new Table({
    head: shown.map((column) => look.paint("dim", heads[column] ?? "")),
    chars: NO_BORDERS,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    colAligns: shown.map((column) => alignment[column] ?? "left"),
  });
  table.push(...rows.map((row) => shown.map((column) => row[column] ?? "")));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

/** The table as one text. */
export function renderTable(...table: Parameters<typeof tableLines>): string {
  return tableLines(...table).join("\n");
}
