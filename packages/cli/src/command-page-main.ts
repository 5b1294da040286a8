/** `node packages/cli/src/command-page-main.ts`: writes `docs/cli.md` anew. */

import { writeFileSync } from "node:fs";
import { formatCommandPage } from "./command-page.ts";

const PAGE = new URL("../../../docs/cli.md", import.meta.url);

writeFileSync(PAGE, await formatCommandPage());
console.log("docs/cli.md");
