/** Whether the state store takes writes, for the readiness check. */

import type { Clock } from "@ironcore-backup/base";
import type { StateDatabase } from "./schema.ts";

/** Writes one row, always the same. @throws when the store refuses */
export async function checkStoreWritable(needs: {
  readonly clock: Clock;
  readonly database: StateDatabase;
}): Promise<string> {
  const value = needs.clock.now();
  const startMs = needs.clock.elapsedMs();
  await needs.database
    .insertInto("counters")
    .values({ name: "readiness", value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
  return `written in ${Math.round((needs.clock.elapsedMs() - startMs) * 10) / 10} ms`;
}
