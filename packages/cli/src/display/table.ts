/** Tables without borders, for people. */

import Table from "cli-table3";
import type { Look } from "./look.ts";

const NO_BORDERS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** @param rows  as many cells each as there are heads; "right" in `alignment` for figures */
export function renderTable(
  look: Look,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  alignment: readonly ("left" | "right")[] = [],
): string {
  const table = new Table({
    head: heads.map((head) => look.paint("dim", head)),
    chars: NO_BORDERS,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    colAligns: heads.map((_head, i) => alignment[i] ?? "left"),
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
