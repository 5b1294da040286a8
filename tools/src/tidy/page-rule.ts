/** ARCHITECTURE.md shows the very tables that the arrows are checked against; this compares them, cell by cell. */

import { ENGINE_ROOMS, PACKAGES, SERVER_ROOMS, WEB_ROOMS } from "./arrow-table.ts";
import type { Finding } from "./finding.ts";

const PAGE = "ARCHITECTURE.md";

interface PageTable {
  /** The page marks a table with `<!-- tidy: NAME -->` in the line before it. */
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables as the page must show them. */
export function pageTables(): PageTable[] {
  const names = (list: readonly string[]): string => (list.length === 0 ? "nothing" : list.join(", "));
  return [
    {
      name: "packages",
      header: ["package", "responsibility", "may import", "runs in"],
      rows: PACKAGES.map((row) => [`\`${row.name}\``, row.responsibility, names(row.mayImport), row.runsIn]),
    },
    {
      name: "engine",
      header: ["room", "responsibility"],
      rows: ENGINE_ROOMS.map((row) => [`\`${row.name}/\``, row.responsibility]),
    },
    {
      name: "server",
      header: ["room", "responsibility", "may import"],
      rows: SERVER_ROOMS.map((row) => [
        row.name.endsWith(".ts") ? `\`${row.name}\`` : `\`${row.name}/\``,
        row.responsibility,
        names(row.mayImport),
      ]),
    },
    {
      name: "web",
      header: ["room", "responsibility"],
      rows: WEB_ROOMS.map((row) => [`\`${row.name}/\``, row.responsibility]),
    },
  ];
}

/** The page with its marked tables replaced by the ones of `arrow-table.ts`. Prettier pads the columns afterwards. */
export function writePageTables(page: string): string {
  return pageTables().reduce((text, table) => {
    const shown = [table.header, table.header.map(() => "---"), ...table.rows];
    const lines = shown.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
    return text.replace(
      markOf(table.name),
      (_all, mark: string, old: string) => `${mark}\n\n${lines}\n${old === "" ? "\n" : ""}`,
    );
  }, page);
}

export function checkPage(page: string | undefined): Finding[] {
  const finding = (line: number, message: string): Finding => ({ path: PAGE, line, rule: "page", message });
  if (page === undefined) return [finding(1, "the page is missing; it shows the rooms and arrows")];
  return pageTables().flatMap((table) => {
    const found = markOf(table.name).exec(page);
    if (found === null) return [finding(1, `no table marked <!-- tidy: ${table.name} -->`)];
    const line = page.slice(0, found.index).split("\n").length;
    const shown = rowsOf(found[2] ?? "");
    const wanted = [table.header, ...table.rows];
    const at = wanted.findIndex((row, index) => row.join("|") !== shown[index]?.join("|"));
    if (at === -1 && shown.length === wanted.length) return [];
    const expected = at === -1 ? "nothing more" : `| ${wanted[at]?.join(" | ")} |`;
    const advice = "run `node tools/src/tidy/main.ts --write-page`";
    return [
      finding(line, `table "${table.name}" differs from arrow-table.ts, which has ${expected}; ${advice}`),
    ];
  });
}

function markOf(name: string): RegExp {
  return new RegExp(`(<!-- tidy: ${name} -->)\\n*((?:\\|[^\\n]*\\|\\n)*)`);
}

function rowsOf(table: string): string[][] {
  return table
    .split("\n")
    .filter((line) => line !== "" && !/^\|[\s:|-]+\|$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
}
