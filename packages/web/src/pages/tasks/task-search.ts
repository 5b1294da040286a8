/** The Task Browser's filters as they stand in its address. */

export type TaskSearch = Readonly<Record<string, never>>;

export function parseTaskSearch(_search: Record<string, unknown>): TaskSearch {
  return {};
}
