/** The list with its edges: what is new, what went wrong, what to do where nothing is, and the pages. */

import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "@mantine/core";
import { EmptyState } from "../../../parts/empty-state.tsx";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { useKeys } from "../../../shell/keys.tsx";
import { viewKey } from "../task-search.ts";
import type { TaskAddress } from "../use-task-search.ts";
import { describeNews } from "./list-news.ts";
import { Pager } from "./pager.tsx";
import { TaskGrid } from "./task-grid.tsx";
import { useTaskPage } from "./use-task-page.ts";
import styles from "./task-list.module.css";

export function TaskList({
  address,
  openUpid,
}: {
  readonly address: TaskAddress;
  readonly openUpid: string | undefined;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const { isPointedAt, isAtTop, handlers } = useAttention();
  const page = useTaskPage(address.search, isAtTop && !isPointedAt);
  // Nothing is returned: newer browsers answer a promise, which an effect would take for its end.
  const toTop = useCallback(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, []);
  const key = viewKey(address.search);
  useEffect(toTop, [key, toTop]);
  const showNews = (): void => {
    toTop();
    if (address.search.cursor === undefined) page.refresh();
    else address.change({ cursor: undefined, page: undefined }, { replace: false });
  };
  useKeys([{ keys: ".", does: "Show new tasks", run: showNews }]);
  const news = describeNews(page.news);
  return (
    <section className={styles["list"]} aria-label="Task list">
      <div role="status" className={styles["news"]}>
        {news !== "" && (
          <Button variant="filled" radius="xl" onClick={showNews}>
            {news} — show
          </Button>
        )}
      </div>
      <div ref={scroller} className={styles["scroller"]} {...handlers}>
        {page.error !== null && page.tasks === undefined ? (
          <ErrorCard error={page.error} onRetry={page.refresh} />
        ) : (
          page.tasks !== undefined && (
            <>
              <TaskGrid
                tasks={page.tasks}
                address={address}
                openUpid={openUpid}
                isOld={page.isOld}
                scroller={scroller}
              />
              {page.tasks.length === 0 && !page.isOld && <NoTasks address={address} />}
            </>
          )
        )}
      </div>
      <Pager address={address} count={page.tasks?.length} nextCursor={page.nextCursor} onTurn={toTop} />
    </section>
  );
}

function NoTasks({ address }: { readonly address: TaskAddress }) {
  if (viewKey(address.search) === viewKey({})) {
    return (
      <EmptyState command="ironcore-backup backup --path /srv --datastore main --wait">
        No task has run yet. A first backup can be started from a shell on the server:
      </EmptyState>
    );
  }
  return (
    <EmptyState>
      <span>No task is like this. </span>
      <Button variant="default" onClick={() => address.showView({})}>
        Show all tasks
      </Button>
    </EmptyState>
  );
}

/** Whether somebody may be about to click a row, so that none may move. */
function useAttention() {
  const [isPointedAt, setPointedAt] = useState(false);
  const [isAtTop, setAtTop] = useState(true);
  return {
    isPointedAt,
    isAtTop,
    handlers: {
      onPointerEnter: () => setPointedAt(true),
      onPointerMove: () => setPointedAt(true),
      onPointerLeave: () => setPointedAt(false),
      onScroll: ({ currentTarget }: { readonly currentTarget: HTMLElement }) =>
        setAtTop(currentTarget.scrollTop === 0),
    },
  };
}
