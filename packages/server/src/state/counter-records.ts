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

/** What was put there last; undefined before the first. */
export async function findNumber(database: StateDatabase, name: string): Promise<number | undefined> {
  const row = await database
    .selectFrom("counters")
    .select("value")
    .where("name", "=", name)
    .executeTakeFirst();
  return row?.value;
}

export async function putNumber(database: StateDatabase, name: string, value: number): Promise<void> {
  await database
    .insertInto("counters")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
}
