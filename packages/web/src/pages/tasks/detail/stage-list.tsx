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

interface StageProps {
  readonly stage: TaskStage;
  readonly task: Task;
  readonly address: TaskAddress;
}

function Stage({ stage, task, address }: StageProps) {
  const opensItself = stage.state === "running" || stage.state === "failed";
  const [chosen, setChosen] = useState<boolean>();
  const isOpen = chosen ?? opensItself;
  const end = stage.endedAt ?? (stage.state === "running" ? undefined : task.endedAt);
  return (
    <li className={styles["stage"]} data-state={stage.state}>
      <StageHead stage={stage} isOpen={isOpen} end={end} onToggle={() => setChosen(!isOpen)} />
      {isOpen && <StageBody stage={stage} address={address} end={end} />}
    </li>
  );
}

interface StageHeadProps {
  readonly stage: TaskStage;
  readonly isOpen: boolean;
  readonly end: number | undefined;
  readonly onToggle: () => void;
}

function StageHead({ stage, isOpen, end, onToggle }: StageHeadProps) {
  const { icon, word } = STAGE_SIGNS[stage.state];
  return (
    <button type="button" className={styles["stageHead"]} aria-expanded={isOpen} onClick={onToggle}>
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
  );
}

interface StageBodyProps {
  readonly stage: TaskStage;
  readonly address: TaskAddress;
  readonly end: number | undefined;
}

function StageBody({ stage, address, end }: StageBodyProps) {
  const isRunning = stage.state === "running";
  const hasTotal = stage.totalBytes !== undefined || stage.totalItems !== undefined;
  const showLines = (): void =>
    address.change({
      stage: stage.name,
      line: undefined,
      show: address.search.show === "overview" ? "log" : address.search.show,
    });
  return (
    <div className={styles["stageBody"]}>
      {(isRunning || hasTotal) && <StageBar stage={stage} />}
      <StageWords stage={stage} />
      {isRunning && stage.current !== undefined && (
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
        <button type="button" className={styles["textButton"]} onClick={showLines}>
          Its log lines
        </button>
      </p>
    </div>
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
