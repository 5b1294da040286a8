/** Named views of the Task Browser: those of the house, and a person's own, kept in this browser. */

import { parseTaskView, viewKey } from "../task-search.ts";
import type { TaskView } from "../task-search.ts";

export interface SavedView {
  readonly name: string;
  readonly view: TaskView;
}

export const BUILT_IN_VIEWS: readonly SavedView[] = [
  { name: "All tasks", view: {} },
  { name: "Running", view: { state: "queued,running" } },
  { name: "Failed last 24 h", view: { state: "failed", range: "24h" } },
  { name: "Warnings this week", view: { state: "warning", range: "7d" } },
];

export const VIEW_NAME_LENGTH_MAX = 60;
const VIEW_COUNT_MAX = 100;
const STORAGE_KEY = "ironcore-task-views";

export interface SavedViews {
  readonly list: () => readonly SavedView[];
  /** Replaces one of the same name. @throws when the browser has no room, or keeps nothing */
  readonly save: (saved: SavedView) => void;
  readonly remove: (name: string) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createSavedViews(storage: Pick<Storage, "getItem" | "setItem">): SavedViews {
  const listeners = new Set<() => void>();
  let views = readViews(storage.getItem(STORAGE_KEY));
  const keep = (next: readonly SavedView[]): void => {
    storage.setItem(STORAGE_KEY, JSON.stringify(next));
    views = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    list: () => views,
    save: ({ name, view }) => {
      const trimmed = name.trim().slice(0, VIEW_NAME_LENGTH_MAX);
      const others = views.filter((other) => other.name !== trimmed);
      keep([...others, { name: trimmed, view: parseTaskView({ ...view }) }].slice(-VIEW_COUNT_MAX));
    },
    remove: (name) => keep(views.filter((other) => other.name !== name)),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The view that shows just this, own ones first: a person may have given it a better name. */
export function findView(own: readonly SavedView[], view: TaskView): SavedView | undefined {
  const key = viewKey(view);
  return [...own, ...BUILT_IN_VIEWS].find((saved) => viewKey(saved.view) === key);
}

function readViews(text: string | null): readonly SavedView[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list.flatMap(readView).slice(-VIEW_COUNT_MAX) : [];
  } catch {
    return []; // Not ours.
  }
}

function readView(value: unknown): SavedView[] {
  if (typeof value !== "object" || value === null || !("name" in value) || !("view" in value)) return [];
  const { name, view } = value;
  if (typeof name !== "string" || typeof view !== "object" || view === null) return [];
  return [{ name: name.slice(0, VIEW_NAME_LENGTH_MAX), view: parseTaskView({ ...view }) }];
}
