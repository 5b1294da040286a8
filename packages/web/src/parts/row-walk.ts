/**
 * Walking through a list whose rows are links or buttons, each marked `data-walk="KEY"`: arrows and `j`/`k` go from row to
 * row, Home and End to the ends. While one of them is open beside the list, walking opens the next; whoever closes it is
 * back at its row.
 */

import { useEffect, useRef } from "react";
import type { KeyboardEvent, RefObject } from "react";

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

export interface RowWalk<List extends HTMLElement> {
  readonly ref: RefObject<List | null>;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** @param openKey  of the row that is open beside the list */
export function useRowWalk<List extends HTMLElement>(openKey?: string): RowWalk<List> {
  const ref = useRef<List>(null);
  useReturnToRow(ref, openKey);
  return {
    ref,
    onKeyDown(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const rows = [...(ref.current?.querySelectorAll<HTMLElement>("[data-walk]") ?? [])];
      const at = rows.findIndex((row) => row.contains(document.activeElement));
      const next = rows[targetOf(event.key, at, rows.length)];
      if (at === -1 || next === undefined) return;
      event.preventDefault();
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest" });
      if (openKey !== undefined) next.click();
    },
  };
}

/** Where a key leads from the row at `at`; -1 for a key that is none of ours. */
function targetOf(key: string, at: number, count: number): number {
  const step = STEPS[key];
  if (step !== undefined) return Math.min(count - 1, Math.max(0, at + step));
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : -1;
}

function useReturnToRow(list: RefObject<HTMLElement | null>, openKey: string | undefined): void {
  const last = useRef(openKey);
  useEffect(() => {
    const before = last.current;
    last.current = openKey;
    if (openKey !== undefined || before === undefined) return;
    const row = list.current?.querySelector<HTMLElement>(`[data-walk="${CSS.escape(before)}"]`);
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  }, [openKey, list]);
}
