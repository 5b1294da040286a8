/**
 * One page of the list under the address's view, kept true: rows are corrected in place as facts come; what would move rows
 * (new tasks, tasks that no longer belong) is taken in at once while nobody points at the list, and announced otherwise.
 */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Task, TaskListQuery } from "@ironcore-backup/protocol/calls";
import { useNeeds } from "../../../session/needs.tsx";
import { taskListQuery } from "../../../session/query.ts";
import { filterQuery, viewKey } from "../task-search.ts";
import type { TaskSearch } from "../task-search.ts";
import { foldListNews, NO_NEWS } from "./list-news.ts";
import type { ListNews } from "./list-news.ts";

export const PAGE_LENGTH = 100;

/** Pages that were walked past are kept no longer, so that a walk over a thousand of them stays small. */
const PAGE_KEPT_MS = 10_000;

/** A list into which tasks pour is drawn anew so often at most. */
const TAKE_IN_PAUSE_MS = 1000;

export interface TaskPage {
  readonly tasks: readonly Task[] | undefined;
  readonly nextCursor: string | undefined;
  readonly error: unknown;
  /** What is shown belongs to the question before; the new answer is on its way. */
  readonly isOld: boolean;
  /** What is announced; empty while the list takes it in by itself. */
  readonly news: ListNews;
  /** Asks anew, with presets counted from now. */
  readonly refresh: () => void;
}

/** @param mayMove  nobody points at the list and its top is in view */
export function useTaskPage(search: TaskSearch, mayMove: boolean): TaskPage {
  const { client } = useNeeds();
  const { query, refreshed, refresh } = useLook(search);
  const { data, error, isPlaceholderData, refetch } = useQuery({
    ...taskListQuery(client, query),
    placeholderData: keepPreviousData,
    gcTime: PAGE_KEPT_MS,
  });
  const again = useCallback(() => {
    refresh();
    // Of a preset the question itself has changed; of everything else the answer may have.
    void refetch();
  }, [refresh, refetch]);
  const news = useListNews(query, isPlaceholderData ? undefined : data?.tasks, refreshed);
  const hasNews = news !== NO_NEWS && news.fresh.size + news.gone.size > 0;
  const takesIn = mayMove && search.cursor === undefined;
  useTakeIn(hasNews && takesIn, again);
  return {
    tasks: data?.tasks,
    nextCursor: isPlaceholderData ? undefined : data?.nextCursor,
    error,
    isOld: isPlaceholderData,
    news: takesIn ? NO_NEWS : news,
    refresh: again,
  };
}

/** The question as it is asked from one look to the next: presets stand still in between, or pages would not fit together. */
function useLook(search: TaskSearch): {
  readonly query: TaskListQuery;
  readonly refreshed: number;
  readonly refresh: () => void;
} {
  const { clock } = useNeeds();
  const key = viewKey(search);
  const [look, setLook] = useState(() => ({ key, at: clock.now(), refreshed: 0 }));
  if (look.key !== key) setLook({ key, at: clock.now(), refreshed: 0 });
  const { sort, order, cursor } = search;
  const query = useMemo(
    (): TaskListQuery => ({
      ...filterQuery(search, look.at),
      ...(sort === undefined ? {} : { sort }),
      ...(order === undefined ? {} : { order }),
      ...(cursor === undefined ? {} : { cursor }),
      limit: PAGE_LENGTH,
    }),
    // `key` stands for all of the view in `search`.
    // oxlint-disable-next-line react/exhaustive-deps
    [key, look.at, sort, order, cursor],
  );
  const refresh = useCallback(
    () => setLook(({ key, refreshed }) => ({ key, at: clock.now(), refreshed: refreshed + 1 })),
    [clock],
  );
  return { query, refreshed: look.refreshed, refresh };
}

/** Gathers the news since this answer came. */
function useListNews(query: TaskListQuery, tasks: readonly Task[] | undefined, refreshed: number): ListNews {
  const { live } = useNeeds();
  const [news, setNews] = useState(NO_NEWS);
  const upidText = tasks?.map(({ upid }) => upid).join(" ");
  useEffect(() => {
    // Another answer: its news begin anew.
    setNews(NO_NEWS);
    if (upidText === undefined) return undefined;
    const list = { upids: new Set(upidText.split(" ")), query, sort: query.sort ?? "queued" };
    return live.onNews(({ facts }) => {
      if (facts !== "reset") setNews((before) => foldListNews(before, facts, list));
    });
  }, [live, query, upidText, refreshed]);
  return news;
}

function useTakeIn(isDue: boolean, takeIn: () => void): void {
  const { clock } = useNeeds();
  const lastMs = useRef(-Infinity);
  useEffect(() => {
    if (!isDue) return undefined;
    const waitMs = Math.max(0, lastMs.current + TAKE_IN_PAUSE_MS - clock.elapsedMs());
    const timer = setTimeout(() => {
      lastMs.current = clock.elapsedMs();
      takeIn();
    }, waitMs);
    return () => clearTimeout(timer);
  }, [isDue, takeIn, clock]);
}
