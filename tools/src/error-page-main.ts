/** `node tools/src/error-page-main.ts`: writes `docs/errors.md` anew. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatErrorPage, readErrorRows } from "./error-page.ts";
import { CHECKOUT, readRepository } from "./repository.ts";

const rows = readErrorRows(readRepository());
mkdirSync(join(CHECKOUT, "docs"), { recursive: true });
writeFileSync(join(CHECKOUT, "docs/errors.md"), formatErrorPage(rows));
console.log(`docs/errors.md: ${rows.length} errors`);
