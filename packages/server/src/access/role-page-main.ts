/** Writes the table of roles into docs/access.md: `node packages/server/src/access/role-page-main.ts`. */

import { readFileSync, writeFileSync } from "node:fs";
import { BUILT_IN_ROLES, PRIVILEGES } from "@ironcore-backup/protocol";
import { BUILT_IN_PRIVILEGES } from "./role-table.ts";

const PAGE = new URL("../../../../docs/access.md", import.meta.url);

const rows = [
  ["privilege", ...BUILT_IN_ROLES.map((role) => `\`${role}\``)],
  ["---", ...BUILT_IN_ROLES.map(() => ":-:")],
  ...PRIVILEGES.map((privilege) => [
    `\`${privilege}\``,
    ...BUILT_IN_ROLES.map((role) => (BUILT_IN_PRIVILEGES[role].has(privilege) ? "yes" : "")),
  ]),
];
const table = rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
const page = readFileSync(PAGE, "utf8");
writeFileSync(PAGE, page.replace(/(<!-- roles:.*-->\n)[^]*(<!-- \/roles -->)/, `$1\n${table}\n\n$2`));
