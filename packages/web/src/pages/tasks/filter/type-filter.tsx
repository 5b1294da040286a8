import { Checkbox } from "@mantine/core";
import { TASK_TYPES } from "@ironcore-backup/protocol/calls";
import { toggleWord, wordsIn } from "../task-search.ts";
import type { TaskAddress } from "../use-task-search.ts";
import { FilterPopover } from "./filter-popover.tsx";
import styles from "./filter.module.css";

const SHOWN_MAX = 2;

/** Which kinds of work; several are either of them. */
export function TypeFilter({ address: { search, changeView } }: { readonly address: TaskAddress }) {
  const chosen = wordsIn(search.type);
  const words = chosen.length > SHOWN_MAX ? String(chosen.length) : chosen.join(", ");
  return (
    <FilterPopover word="Type" chosen={chosen.length === 0 ? undefined : words}>
      {() => (
        <div className={styles["options"]}>
          {TASK_TYPES.map((type) => (
            <Checkbox
              key={type}
              size="xs"
              label={type}
              checked={chosen.includes(type)}
              onChange={() => changeView({ type: toggleWord(TASK_TYPES, search.type, type) })}
            />
          ))}
        </div>
      )}
    </FilterPopover>
  );
}
