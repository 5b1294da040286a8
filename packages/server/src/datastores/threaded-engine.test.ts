import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CodedError, createSystemClock } from "@ironcore-backup/base";
import { createThreadedEngine } from "./threaded-engine.ts";

test("an error of the engine crosses the thread with its code, and the thread answers on", async () => {
  const engine = createThreadedEngine({ clock: createSystemClock() });
  const root = mkdtempSync(join(tmpdir(), "ironcore-engine-"));
  try {
    for (let round = 0; round < 2; round++) {
      const refused = engine.probe(root, { count: false });
      await expect(refused).rejects.toBeInstanceOf(CodedError);
      await expect(refused).rejects.toMatchObject({ code: "DATASTORE_MISSING", context: { path: root } });
    }
  } finally {
    await engine.close();
    rmSync(root, { recursive: true, force: true });
  }
});
