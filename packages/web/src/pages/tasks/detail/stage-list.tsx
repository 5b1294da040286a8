/** The stages in their order. The one that runs and the one that failed are open; the others tell their one line. */

import { useState } from "react";
import type { Task, TaskStage } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import type { IconName } from "../../../look/icon.tsx";
import { Elapsed, When } from "../../../parts/instant.tsx";
import { StageBar, StageWords } from "../../../parts/stage-progress.tsx";
import { countOf, formatDone } from "../../../parts/stage-text.ts";
import type { TaskAddress } from "../use-task-search.ts";
import styles from "./detail.module.css";

const STAGE_SIGNS = {
  running: { icon: "running", word: "running" },
  done: { icon: "ok", word: "done" },
  failed: { icon: "failed", word: "failed" },
  cancelled: { icon: "cancelled", word: "cancelled" },
} as const satisfies Record<TaskStage["state"], { icon: IconName; word: string }>;

export function StageList({ task, address }: { readonly task: Task; readonly address: TaskAddress }) {
  return (
    <ol className={styles["stages"]}>
      {task.stages.map((stage, at) => (
        // A stage of one name may come twice; its place is its name.
        <Stage key={at} stage={stage} task={task} address={address} />
      ))}
    </ol>
  );
}

function Stage({
  stage,
  task,
  address,
}: {
  readonly stage: TaskStage;
  readonly task: Task;
  readonly address: TaskAddress;
}) {
  const opensItself = stage.state === "running" || stage.state === "failed";
  const [chosen, setChosen] = useState<boolean>();
  const isOpen = chosen ?? opensItself;
  const { icon, word } = STAGE_SIGNS[stage.state];
  const end = stage.endedAt ?? (stage.state === "running" ? undefined : task.endedAt);
  return (
    <li className={styles["stage"]} data-state={stage.state}>
      <button
        type="button"
        className={styles["stageHead"]}
        aria-expanded={isOpen}
        onClick={() => setChosen(!isOpen)}
      >
        <Icon name={isOpen ? "chevronDown" : "chevronRight"} size={12} />
        <span className={styles["stageSign"]} title={word}>
          <Icon name={icon} size={14} />
          <span className="hidden-visually">{word}</span>
        </span>
        <span className={styles["stageName"]}>{stage.name}</span>
        <StageFindings stage={stage} />
        {!isOpen && <span className={styles["stageDone"]}>{hasAmount(stage) && formatDone(stage)}</span>}
        <span className={styles["stageTime"]}>
          <Elapsed from={stage.startedAt} to={end} />
        </span>
      </button>
      {isOpen && (
        <div className={styles["stageBody"]}>
          {(stage.state === "running" ||
            stage.totalBytes !== undefined ||
            stage.totalItems !== undefined) && <StageBar stage={stage} />}
          <StageWords stage={stage} />
          {stage.state === "running" && stage.current !== undefined && (
            <p className={styles["current"]} title={stage.current}>
              {stage.current}
            </p>
          )}
          <p className={styles["stageFoot"]}>
            <span>
              <When at={stage.startedAt} />
              {end !== undefined && (
                <>
                  {" to "}
                  <When at={end} />
                </>
              )}
            </span>
            <button
              type="button"
              className={styles["textButton"]}
              onClick={() =>
                address.change({
                  stage: stage.name,
                  line: undefined,
                  show: address.search.show === "overview" ? "log" : address.search.show,
                })
              }
            >
              Its log lines
            </button>
          </p>
        </div>
      )}
    </li>
  );
}

function hasAmount({ doneBytes, doneItems }: TaskStage): boolean {
  return doneBytes > 0 || doneItems > 0;
}

function StageFindings({ stage: { warningCount, errorCount } }: { readonly stage: TaskStage }) {
  return (
    <>
      {errorCount > 0 && (
        <span className={styles["finding"]} data-level="error">
          <Icon name="failed" size={12} />
          {countOf(errorCount, "error")}
        </span>
      )}
      {warningCount > 0 && (
        <span className={styles["finding"]} data-level="warning">
          <Icon name="warning" size={12} />
          {countOf(warningCount, "warning")}
        </span>
      )}
    </>
  );
}
