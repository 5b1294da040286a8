/** Numbers that only grow and are never given out twice, not even over a restart. */

import type { StateDatabase } from "./schema.ts";

/** Takes the next number of this name, from 1 on. */
export async function takeNumber(database: StateDatabase, name: string): Promise<number> {
  const row = await database
    .insertInto("counters")
    .values({ name, value: 1 })
    .onConflict((conflict) =>
      conflict.column("name").doUpdateSet((e) => ({ value: e("counters.value", "+", 1) })),
    )
    .returning("value")
    .executeTakeFirstOrThrow();
  return row.value;
}
