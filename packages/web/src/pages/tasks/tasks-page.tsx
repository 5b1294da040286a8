/**
 * The Task Browser: filters, the list, and beside it the task that is looked at, which has an address of its own. Where
 * there is room for one of them only, the task takes the list's place; the list stays as it was behind it.
 */

import { Outlet, useParams } from "@tanstack/react-router";
import { PageHead } from "../../parts/page-head.tsx";
import { FilterBar } from "./filter/filter-bar.tsx";
import { ViewMenu } from "./filter/view-menu.tsx";
import { TaskList } from "./list/task-list.tsx";
import { useTaskSearch } from "./use-task-search.ts";
import styles from "./tasks-page.module.css";

export function TasksPage() {
  const address = useTaskSearch();
  const { upid } = useParams({ strict: false });
  return (
    <div className={styles["page"]} data-open={upid !== undefined} data-full={address.search.full === true}>
      <div className={styles["browser"]}>
        <PageHead title="Tasks" aside={<ViewMenu address={address} />} />
        <FilterBar address={address} />
        <TaskList address={address} openUpid={upid} />
      </div>
      <Outlet />
    </div>
  );
}
