/**
 * The rows. One of them can be reached by Tab, arrows and `j`/`k` walk from it, Enter opens it; while a task is open beside
 * the list, walking opens the next one. A row is drawn anew only when its own task changed.
 */

import { memo, useEffect, useRef } from "react";
import type { KeyboardEvent, MouseEvent, RefObject } from "react";
import type { Task, TaskSortKey } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { taskTitle } from "../../../parts/task-title.ts";
import { useKeys } from "../../../shell/keys.tsx";
import type { TaskAddress } from "../use-task-search.ts";
import { TASK_COLUMNS } from "./task-columns.tsx";
import type { TaskColumn } from "./task-columns.tsx";
import styles from "./task-grid.module.css";

export interface TaskGridProps {
  readonly tasks: readonly Task[];
  readonly address: TaskAddress;
  /** Of the task that is shown beside the list. */
  readonly openUpid: string | undefined;
  readonly isOld: boolean;
  readonly scroller: RefObject<HTMLDivElement | null>;
}

export function TaskGrid({ tasks, address, openUpid, isOld, scroller }: TaskGridProps) {
  const walker = useWalker({ tasks, address, openUpid, isOld, scroller });
  const stop = tasks.find(({ upid }) => upid === openUpid)?.upid ?? tasks[0]?.upid;
  return (
    <div
      role="grid"
      aria-label="Tasks"
      aria-rowcount={-1}
      aria-busy={isOld}
      className={styles["grid"]}
      data-old={isOld}
      onKeyDown={walker.onKeyDown}
      onClick={walker.onClick}
    >
      <div role="rowgroup" className={styles["head"]}>
        <div role="row" className={styles["row"]}>
          {TASK_COLUMNS.map((column) => (
            <ColumnHead key={column.name} column={column} address={address} />
          ))}
        </div>
      </div>
      <div role="rowgroup" ref={walker.body}>
        {tasks.map((task) => (
          <TaskRow
            key={task.upid}
            task={task}
            isOpen={task.upid === openUpid}
            isTabStop={task.upid === stop}
          />
        ))}
      </div>
    </div>
  );
}

const TaskRow = memo(function TaskRow({
  task,
  isOpen,
  isTabStop,
}: {
  readonly task: Task;
  readonly isOpen: boolean;
  readonly isTabStop: boolean;
}) {
  return (
    <div
      role="row"
      className={styles["row"]}
      data-upid={task.upid}
      data-state={task.state}
      aria-selected={isOpen}
      aria-label={`${task.state}: ${taskTitle(task)}`}
      tabIndex={isTabStop ? 0 : -1}
    >
      {TASK_COLUMNS.map(({ name, isNumber, cell }) => (
        <div
          key={name}
          role="gridcell"
          data-column={name}
          className={isNumber === true ? "number" : undefined}
        >
          {cell(task)}
        </div>
      ))}
    </div>
  );
});

function ColumnHead({ column, address }: { readonly column: TaskColumn; readonly address: TaskAddress }) {
  const { name, word, sort, isNumber } = column;
  const { sort: sortedBy = "queued", order } = address.search;
  const isSorted = sort !== undefined && sort === sortedBy;
  const direction = order ?? "descending";
  return (
    <div
      role="columnheader"
      data-column={name}
      className={isNumber === true ? "number" : undefined}
      {...(isSorted ? { "aria-sort": direction } : {})}
    >
      {sort === undefined ? (
        word
      ) : (
        <button
          type="button"
          className={styles["sort"]}
          data-sorted={isSorted}
          title={`Sort by ${word.toLowerCase()}`}
          onClick={() => address.changeView(nextOrder(sort, isSorted, order))}
        >
          {word}
          <Icon name={isSorted && direction === "ascending" ? "chevronUp" : "chevronDown"} size={12} />
        </button>
      )}
    </div>
  );
}

function nextOrder(sort: TaskSortKey, isSorted: boolean, order: "ascending" | undefined) {
  return {
    sort: sort === "queued" ? undefined : sort,
    order: isSorted && order === undefined ? ("ascending" as const) : undefined,
  };
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };

function useWalker({ tasks, address, openUpid, isOld }: TaskGridProps) {
  const body = useRef<HTMLDivElement>(null);
  const rowOf = (upid: string | undefined): HTMLElement | null =>
    upid === undefined ? null : (body.current?.querySelector(`[data-upid="${CSS.escape(upid)}"]`) ?? null);
  const focused = (): string | undefined =>
    document.activeElement?.closest<HTMLElement>("[data-upid]")?.dataset["upid"];

  const goTo = (upid: string | undefined): void => {
    const row = rowOf(upid);
    if (row === null || upid === undefined) return;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    if (openUpid !== undefined) address.openTask(upid, { replace: true });
  };
  const walk = (step: number): void => {
    if (isOld) return;
    const here = tasks.findIndex(({ upid }) => upid === (focused() ?? openUpid));
    const to = here < 0 ? 0 : Math.min(tasks.length - 1, Math.max(0, here + step));
    goTo(tasks[to]?.upid);
  };

  useKeys([
    { keys: "j", does: "Next task", run: () => walk(1) },
    { keys: "k", does: "Task before", run: () => walk(-1) },
  ]);
  useReturnToRow(openUpid, (upid) => {
    const row = rowOf(upid);
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  });

  return {
    body,
    onClick: ({ target }: MouseEvent): void => {
      const row = target instanceof Element ? target.closest<HTMLElement>("[data-upid]") : null;
      const upid = row?.dataset["upid"];
      // Who marks text with the mouse does not want to go anywhere.
      if (upid === undefined || window.getSelection()?.isCollapsed === false) return;
      row?.focus({ preventScroll: true });
      address.openTask(upid);
    },
    onKeyDown: (event: KeyboardEvent): void => {
      const step = STEPS[event.key];
      const upid = focused();
      if (upid === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      if (step !== undefined) walk(step);
      else if (event.key === "Home") goTo(tasks[0]?.upid);
      else if (event.key === "End") goTo(tasks.at(-1)?.upid);
      else if (event.key === "Enter") address.openTask(upid);
      else return;
      event.preventDefault();
    },
  };
}

/** Whoever closes a task is back at its row. */
function useReturnToRow(openUpid: string | undefined, goBack: (upid: string) => void): void {
  const last = useRef(openUpid);
  const newest = useRef(goBack);
  newest.current = goBack;
  useEffect(() => {
    const before = last.current;
    last.current = openUpid;
    if (openUpid === undefined && before !== undefined) newest.current(before);
  }, [openUpid]);
}
