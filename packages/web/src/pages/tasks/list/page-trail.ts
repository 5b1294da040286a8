/**
 * The way back through pages: the server's cursors only lead forward, so where each page began is remembered, for the view
 * that was walked last. It outlives a reload of the page, and leads nowhere on a page that was opened from a link.
 */

export interface PageTrail {
  /** Where the page begins; the first page begins without a cursor. */
  readonly cursorOf: (viewKey: string, page: number) => string | undefined;
  readonly remember: (viewKey: string, page: number, cursor: string) => void;
}

/** 100,000 pages are more tasks than a history keeps. */
const PAGE_COUNT_MAX = 100_000;
const STORAGE_KEY = "ironcore-task-pages";

interface Walk {
  readonly viewKey: string;
  /** By page number. */
  readonly cursors: Map<number, string>;
}

/** @param storage  of the browser's tab. Where it has no room the way is remembered until a reload only. */
export function createPageTrail(storage: Pick<Storage, "getItem" | "setItem">): PageTrail {
  let walk = readWalk(storage.getItem(STORAGE_KEY));
  return {
    cursorOf: (viewKey, page) => (walk.viewKey === viewKey ? walk.cursors.get(page) : undefined),
    remember(viewKey, page, cursor) {
      if (walk.viewKey !== viewKey) walk = { viewKey, cursors: new Map() };
      if (walk.cursors.get(page) === cursor || walk.cursors.size >= PAGE_COUNT_MAX) return;
      walk.cursors.set(page, cursor);
      try {
        storage.setItem(STORAGE_KEY, JSON.stringify([viewKey, ...walk.cursors]));
      } catch {
        // No room: after a reload the first page is the way back.
      }
    },
  };
}

function readWalk(text: string | null): Walk {
  try {
    const [viewKey, ...entries]: unknown[] = JSON.parse(text ?? "[]");
    const cursors = new Map(entries.filter(isEntry));
    return { viewKey: typeof viewKey === "string" ? viewKey : "", cursors };
  } catch {
    return { viewKey: "", cursors: new Map() }; // Somebody else's, or half written.
  }
}

function isEntry(entry: unknown): entry is [number, string] {
  return Array.isArray(entry) && typeof entry[0] === "number" && typeof entry[1] === "string";
}
