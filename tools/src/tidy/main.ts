/** `node tools/src/tidy/main.ts`: prints what tidy refuses and fails; `--write-page` brings ARCHITECTURE.md's tables up to date. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT, readRepository } from "../repository.ts";
import { formatFinding } from "./finding.ts";
import { writePageTables } from "./page-rule.ts";
import { checkRepository } from "./tidy.ts";

if (process.argv.includes("--write-page")) {
  const page = join(CHECKOUT, "ARCHITECTURE.md");
  writeFileSync(page, writePageTables(readFileSync(page, "utf8")));
}
const files = readRepository();
const findings = checkRepository(files);
for (const finding of findings) console.log(formatFinding(finding));
console.log(`${files.length} files read, ${findings.length} refused`);
process.exitCode = findings.length === 0 ? 0 : 1;
