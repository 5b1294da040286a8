/** The task in one look, and what can be done with it. */

import { ActionIcon, SegmentedControl } from "@mantine/core";
import type { Task } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { TaskStateMark } from "../../../parts/mark.tsx";
import { CancelButton, RetryButton } from "../../../parts/task-action.tsx";
import type { TaskAddress } from "../use-task-search.ts";
import type { PanelParts } from "./panel-layout.tsx";
import styles from "./detail.module.css";

const PARTS = [
  { value: "both", label: "Both" },
  { value: "overview", label: "Overview" },
  { value: "log", label: "Log" },
] as const;

export function TaskHead({
  task,
  address,
  parts,
}: {
  readonly task: Task;
  readonly address: TaskAddress;
  readonly parts: PanelParts;
}) {
  const { type, source, target } = task;
  const isOne = source === "" || target === "" || source === target;
  const choices = PARTS.filter(({ value }) => !parts.isNarrow || value !== "both");
  return (
    <header className={styles["head"]}>
      <div className={styles["headLine"]}>
        <TaskStateMark task={task} />
        <span className={styles["type"]}>{type}</span>
        <span className={styles["spring"]} />
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={parts.isFull ? "Show beside the list" : "Show the task alone"}
          title={parts.isFull ? "Show beside the list (o)" : "Show the task alone (o)"}
          className={styles["widen"] ?? ""}
          onClick={parts.toggleFull}
        >
          <Icon name={parts.isFull ? "chevronRight" : "screen"} size={15} />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="Close the task"
          title="Close (Esc)"
          onClick={address.closeTask}
        >
          <Icon name="close" size={15} />
        </ActionIcon>
      </div>
      <h2 className={styles["title"]}>
        {isOne ? (
          target || source
        ) : (
          <>
            {source} <span className="quiet">→</span> {target}
          </>
        )}
      </h2>
      <div className={styles["headLine"]}>
        <CancelButton task={task} />
        {task.retriedBy === undefined && <RetryButton task={task} />}
        <span className={styles["spring"]} />
        <SegmentedControl
          size="xs"
          aria-label="What of the task is shown"
          value={parts.shown}
          data={choices.map((choice) => ({ ...choice }))}
          onChange={(value) => {
            const part = PARTS.find((one) => one.value === value);
            if (part !== undefined) parts.show(part.value);
          }}
        />
      </div>
    </header>
  );
}
