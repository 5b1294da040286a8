/** Every filter in force as a chip that takes it away. States have theirs in their counts. */

import { Button } from "@mantine/core";
import { Icon } from "../../../look/icon.tsx";
import { upidTitle } from "../../../parts/task-link.tsx";
import { wordsIn } from "../task-search.ts";
import type { TaskSearch, TaskView } from "../task-search.ts";
import type { Change, TaskAddress } from "../use-task-search.ts";
import { describeRange } from "./time-filter.tsx";
import styles from "./filter.module.css";

interface Chip {
  readonly word: string;
  readonly text: string;
  readonly without: Change<TaskView>;
}

export function FilterChips({ address: { search, changeView } }: { readonly address: TaskAddress }) {
  const chips = chipsOf(search);
  if (chips.length === 0 && search.state === undefined) return null;
  const nothing: Change<TaskView> = {
    ...Object.fromEntries(
      chips.flatMap(({ without }) => Object.keys(without)).map((key) => [key, undefined]),
    ),
    state: undefined,
  };
  return (
    <div className={styles["chips"]} role="group" aria-label="Filters">
      {chips.map(({ word, text, without }) => (
        <button
          key={`${word} ${text}`}
          type="button"
          className={styles["chip"]}
          aria-label={`Remove the filter ${word}: ${text}`}
          onClick={() => changeView(without)}
        >
          <span className={styles["chipWord"]}>{word}</span>
          <span className={styles["chipText"]}>{text}</span>
          <Icon name="close" size={11} />
        </button>
      ))}
      <Button variant="subtle" size="compact-xs" onClick={() => changeView(nothing)}>
        Clear filters
      </Button>
    </div>
  );
}

function chipsOf(search: TaskSearch): Chip[] {
  const { type, user, project, datastore, job, workload, text, parent } = search;
  const range = describeRange(search);
  const of = (word: string, text: string | undefined, without: Change<TaskView>): Chip[] =>
    text === undefined ? [] : [{ word, text, without }];
  return [
    ...of("Type", type === undefined ? undefined : wordsIn(type).join(", "), { type: undefined }),
    ...of("Time", range, { range: undefined, since: undefined, until: undefined }),
    ...of("User", user, { user: undefined }),
    ...of("Project", project, { project: undefined }),
    ...of("Datastore", datastore, { datastore: undefined }),
    ...of("Job", job, { job: undefined }),
    ...of("Workload", workload, { workload: undefined }),
    ...of("Text", text, { text: undefined }),
    ...of("Part of", parent === undefined ? undefined : upidTitle(parent), { parent: undefined }),
  ];
}
