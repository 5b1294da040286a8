/** Which page of the list this is, and the ways to the next and the one before. */

import { useEffect } from "react";
import { Button } from "@mantine/core";
import { Icon } from "../../../look/icon.tsx";
import { formatCount } from "../../../parts/stage-text.ts";
import { useKeys } from "../../../shell/keys.tsx";
import { viewKey } from "../task-search.ts";
import type { TaskAddress } from "../use-task-search.ts";
import { createPageTrail } from "./page-trail.ts";
import { PAGE_LENGTH } from "./use-task-page.ts";
import styles from "./task-list.module.css";

const trail = createPageTrail(sessionStorage);

export interface PagerProps {
  readonly address: TaskAddress;
  /** Tasks on this page; absent while that is not known. */
  readonly count: number | undefined;
  readonly nextCursor: string | undefined;
  /** The list's top. */
  readonly onTurn: () => void;
}

export function Pager({ address, count, nextCursor, onTurn }: PagerProps) {
  const { search, change } = address;
  const { page = 1, cursor } = search;
  const key = viewKey(search);
  useEffect(() => {
    if (cursor !== undefined) trail.remember(key, page, cursor);
  }, [key, page, cursor]);
  const before = page === 2 ? {} : trail.cursorOf(key, page - 1);
  const mayGoBack = page > 1 && before !== undefined;
  const turn = (to: number, cursor: string | undefined): void => {
    change({ cursor, page: cursor === undefined ? undefined : to }, { replace: false });
    onTurn();
  };
  const goBack = (): void =>
    mayGoBack ? turn(page - 1, page === 2 ? undefined : trail.cursorOf(key, page - 1)) : undefined;
  const goOn = (): void => (nextCursor === undefined ? undefined : turn(page + 1, nextCursor));
  useKeys([
    { keys: "]", does: "Next page", run: goOn },
    { keys: "[", does: "Page before", run: goBack },
  ]);
  const first = (page - 1) * PAGE_LENGTH + 1;
  return (
    <nav className={styles["pager"]} aria-label="Pages of the list">
      <span className="quiet">
        {count === 0 && "No tasks"}
        {count !== undefined &&
          count > 0 &&
          `Tasks ${formatCount(first)} to ${formatCount(first + count - 1)}`}
      </span>
      <span className={styles["turns"]}>
        {page > 1 && (
          <Button variant="subtle" onClick={() => turn(1, undefined)}>
            First page
          </Button>
        )}
        <Button variant="default" disabled={!mayGoBack} onClick={goBack}>
          Previous
        </Button>
        <Button
          variant="default"
          disabled={nextCursor === undefined}
          onClick={goOn}
          rightSection={<Icon name="chevronRight" size={13} />}
        >
          Next
        </Button>
      </span>
    </nav>
  );
}
