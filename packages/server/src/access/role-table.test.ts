import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BUILT_IN_ROLES, PRIVILEGES } from "@ironcore-backup/protocol";
import { BUILT_IN_PRIVILEGES } from "./role-table.ts";

const PAGE = new URL("../../../../docs/access.md", import.meta.url);

/** The rows of the page: a privilege, then for each role whether it has it. */
function rowsOf(page: string): string[][] {
  const table = /<!-- roles:.*-->\n([^]*)<!-- \/roles -->/.exec(page)?.[1] ?? "";
  return table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.replaceAll(/[` ]/g, "")),
    )
    .filter((row) => !row.every((cell) => /^:?-+:?$/.test(cell)));
}

test("the page of access shows exactly what each role allows", () => {
  const expected = [
    ["privilege", ...BUILT_IN_ROLES],
    ...PRIVILEGES.map((privilege) => [
      privilege,
      ...BUILT_IN_ROLES.map((role) => (BUILT_IN_PRIVILEGES[role].has(privilege) ? "yes" : "")),
    ]),
  ];
  expect(rowsOf(readFileSync(PAGE, "utf8"))).toEqual(expected);
});

test("a role of the same kind that comes later allows at least as much", () => {
  for (const kind of ["project-", "platform-"]) {
    const roles = BUILT_IN_ROLES.filter((role) => role.startsWith(kind));
    for (const [at, role] of roles.entries())
      for (const privilege of BUILT_IN_PRIVILEGES[roles[at - 1] ?? role])
        expect(BUILT_IN_PRIVILEGES[role], `${role}: ${privilege}`).toContain(privilege);
  }
});
