/** Reads the Task Browser's address and changes it. Whoever narrows the list begins at its first page again. */

import { useCallback, useMemo } from "react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { parseTaskSearch, viewOf, withoutAbsent } from "./task-search.ts";
import type { TaskSearch, TaskView } from "./task-search.ts";

/** A property that is `undefined` is taken away. */
export type Change<Fields> = { readonly [Key in keyof Fields]?: Fields[Key] | undefined };

export interface TaskAddress {
  readonly search: TaskSearch;
  /** Narrows or orders the list; the rest of the view stays. */
  readonly changeView: (change: Change<TaskView>) => void;
  /** Shows another view altogether. */
  readonly showView: (view: TaskView) => void;
  /** Anything else; a step that nobody wants to go back to replaces the one before. */
  readonly change: (change: Change<TaskSearch>, options?: { readonly replace?: boolean }) => void;
  readonly openTask: (upid: string, options?: { readonly replace?: boolean }) => void;
  readonly closeTask: () => void;
}

/** What of the address belongs to one task and not to the next. */
const OF_ONE_TASK = { line: undefined, level: undefined, stage: undefined, find: undefined, only: undefined };

export function useTaskSearch(): TaskAddress {
  const search = useSearch({ from: "/shell/tasks" });
  const navigate = useNavigate();
  const go = useCallback(
    (next: (search: TaskSearch) => Change<TaskSearch>, replace: boolean) =>
      void navigate({
        to: ".",
        search: (before) => parseTaskSearch(withoutAbsent(next(parseTaskSearch(before)))),
        replace,
        resetScroll: false,
      }),
    [navigate],
  );
  return useMemo(
    () => ({
      search,
      changeView: (change) =>
        go((before) => ({ ...before, ...change, cursor: undefined, page: undefined }), false),
      showView: (view) => go(({ show, full }) => ({ ...viewOf(view), show, full }), false),
      change: (change, { replace = true } = {}) => go((before) => ({ ...before, ...change }), replace),
      openTask: (upid, { replace = false } = {}) =>
        void navigate({
          to: "/tasks/$upid",
          params: { upid },
          search: (before) => parseTaskSearch(withoutAbsent({ ...parseTaskSearch(before), ...OF_ONE_TASK })),
          replace,
          resetScroll: false,
        }),
      closeTask: () =>
        void navigate({
          to: "/tasks",
          search: (before) =>
            parseTaskSearch(withoutAbsent({ ...parseTaskSearch(before), ...OF_ONE_TASK, full: undefined })),
          resetScroll: false,
        }),
    }),
    [search, go, navigate],
  );
}
