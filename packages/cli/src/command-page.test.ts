import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formatCommandPage } from "./command-page.ts";

test("docs/cli.md says what the commands say; after a change run `node packages/cli/src/command-page-main.ts`", async () => {
  const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");
  expect(await formatCommandPage()).toBe(page);
});
