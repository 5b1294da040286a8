/** `node packages/server/src/openapi-main.ts`: writes `docs/api/openapi.json` and the schema of notification messages anew. */

import { mkdirSync, writeFileSync } from "node:fs";
import { readVersion } from "./config/version.ts";
import { createOpenApi } from "./api/openapi.ts";
import { messageJsonSchema } from "./senders/message-schema.ts";

const FOLDER = new URL("../../../docs/api/", import.meta.url);

mkdirSync(FOLDER, { recursive: true });
const pages = {
  "openapi.json": createOpenApi(readVersion()),
  "notification-message.schema.json": messageJsonSchema(),
};
for (const [name, page] of Object.entries(pages))
  writeFileSync(new URL(name, FOLDER), `${JSON.stringify(page, null, 2)}\n`);
