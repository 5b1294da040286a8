/** `node packages/server/src/openapi-main.ts`: writes `docs/api/openapi.json` anew. */

import { mkdirSync, writeFileSync } from "node:fs";
import { readVersion } from "./config/version.ts";
import { createOpenApi } from "./api/openapi.ts";

const PAGE = new URL("../../../docs/api/openapi.json", import.meta.url);

mkdirSync(new URL(".", PAGE), { recursive: true });
writeFileSync(PAGE, `${JSON.stringify(createOpenApi(readVersion()), null, 2)}\n`);
