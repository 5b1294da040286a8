/** How many tasks of the view are in each state; pressing one narrows the list to it. */

import { useQuery } from "@tanstack/react-query";
import { TASK_STATES } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { TASK_STATE_WORDS } from "../../../parts/mark.tsx";
import { formatCount } from "../../../parts/stage-text.ts";
import { useNeeds, useNow } from "../../../session/needs.tsx";
import { taskCountsQuery } from "../../../session/query.ts";
import { filterQuery, toggleWord, wordsIn } from "../task-search.ts";
import type { TaskAddress } from "../use-task-search.ts";
import styles from "./filter.module.css";

/** The server counts no further. */
const COUNT_CAP = 10_000;

/** A preset is counted back from the minute: counts ask a new question once in one and not all the time. */
const MINUTE_SECONDS = 60;

export function StateCounts({ address: { search, changeView } }: { readonly address: TaskAddress }) {
  const { client } = useNeeds();
  const now = useNow(MINUTE_SECONDS);
  const { state: _state, ...filter } = filterQuery(search, now);
  const { data } = useQuery(taskCountsQuery(client, filter));
  const chosen = wordsIn(search.state);
  return (
    <div className={styles["counts"]} role="group" aria-label="Status">
      {TASK_STATES.map((state) => {
        const { tone, icon, word, rule } = TASK_STATE_WORDS[state];
        const count = data?.counts[state];
        return (
          <button
            key={state}
            type="button"
            className={styles["count"]}
            data-tone={tone}
            data-none={count === 0}
            aria-pressed={chosen.includes(state)}
            title={rule}
            onClick={() => changeView({ state: toggleWord(TASK_STATES, search.state, state) })}
          >
            <Icon name={icon} size={13} />
            {word}
            <span className={styles["countNumber"]}>
              {count === undefined ? "" : formatCapped(count, data?.capped)}
            </span>
          </button>
        );
      })}
    </div>
  );
}

function formatCapped(count: number, capped = false): string {
  return `${formatCount(count)}${capped && count >= COUNT_CAP ? "+" : ""}`;
}
