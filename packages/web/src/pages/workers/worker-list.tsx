/** Each worker with its health, its slots and what runs in them now. */

import { TASK_CLASSES } from "@ironcore-backup/protocol/calls";
import type { Worker } from "@ironcore-backup/protocol/calls";
import { formatSize } from "@ironcore-backup/base";
import { EmptyState } from "../../parts/empty-state.tsx";
import { Ago, Elapsed } from "../../parts/instant.tsx";
import { WorkerStateMark } from "../../parts/mark.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Rich } from "../../parts/rich.tsx";
import { StageBar, StageWords } from "../../parts/stage-progress.tsx";
import { currentStage } from "../../parts/stage-text.ts";
import { CancelButton } from "../../parts/task-action.tsx";
import { UpidLink } from "../../parts/task-link.tsx";
import { useLive } from "../../session/needs.tsx";
import { t } from "../../texts/texts.ts";
import { WorkerSwitch } from "./worker-switch.tsx";
import row from "../../parts/row.module.css";
import styles from "./workers.module.css";

export function WorkerList() {
  const workers = useLive((state) => state.workers);
  if (workers === undefined) return <Panel title={t("workers.title")}>{null}</Panel>;
  const list = [...workers.values()].sort(compareWorkers);
  const used = list.reduce((sum, { usedSlotCount }) => sum + usedSlotCount, 0);
  const slots = list.reduce((sum, { slotCount }) => sum + slotCount, 0);
  return (
    <Panel title={t("workers.title")} aside={t("workers.slotsUsed", { used, count: slots })} flush>
      {list.length === 0 && (
        <EmptyState command="ironcore-backup status --services">{t("workers.noWorker")}</EmptyState>
      )}
      <ul>
        {list.map((worker) => (
          <WorkerRow key={worker.name} worker={worker} />
        ))}
      </ul>
    </Panel>
  );
}

/** By machine, then in the order of classes. */
function compareWorkers(a: Worker, b: Worker): number {
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  return TASK_CLASSES.indexOf(a.class) - TASK_CLASSES.indexOf(b.class);
}

function WorkerRow({ worker }: { readonly worker: Worker }) {
  const { name, state, detail, runs, processCount, rssBytes, startedAt, heardAt } = worker;
  return (
    <li className={row["row"]}>
      <div className={row["head"]}>
        <WorkerStateMark state={state} />
        <strong className={styles["name"]}>{name}</strong>
        <Slots worker={worker} />
        <span className={row["time"]}>
          <WorkerSwitch worker={worker} />
        </span>
      </div>
      <p className={styles["facts"]}>
        <span>{t(`workers.class.${worker.class}`)}</span>
        {processCount > 0 && (
          <span>{t("workers.processes", { count: processCount, size: formatSize(rssBytes) })}</span>
        )}
        <span>
          <Rich text="workers.up" elements={{ span: <Elapsed from={startedAt} /> }} />
        </span>
        {state === "lost" && (
          <span>
            <Rich text="workers.lastHeard" elements={{ when: <Ago at={heardAt} /> }} />
          </span>
        )}
      </p>
      {detail !== "" && <p>{detail}</p>}
      {runs.map((run) => (
        <Run key={run.upid} upid={run.upid} startedAt={run.startedAt} />
      ))}
    </li>
  );
}

/** One box for each slot, full ones first. The number stands beside, for whoever does not count boxes. */
function Slots({ worker: { slotCount, usedSlotCount } }: { readonly worker: Worker }) {
  const shown = Math.min(slotCount, SLOT_BOX_COUNT_MAX);
  return (
    <span className={styles["slots"]} title={t("workers.slotsTitle")}>
      <span className={styles["boxes"]} aria-hidden="true">
        {Array.from({ length: shown }, (_, at) => (
          <span key={at} data-used={at < usedSlotCount} />
        ))}
      </span>
      {t("workers.slots", { used: usedSlotCount, count: slotCount })}
    </span>
  );
}

const SLOT_BOX_COUNT_MAX = 16;

function Run({ upid, startedAt }: { readonly upid: string; readonly startedAt: number }) {
  const task = useLive(({ tasks }) => tasks?.get(upid));
  const stage = task && currentStage(task);
  return (
    <div className={styles["run"]}>
      <div className={row["head"]}>
        <UpidLink upid={upid} />
        <span className={row["time"]}>
          <Elapsed from={startedAt} />
        </span>
        {task !== undefined && <CancelButton task={task} small />}
      </div>
      {stage !== undefined && (
        <>
          <StageBar stage={stage} />
          <StageWords stage={stage} />
        </>
      )}
    </div>
  );
}
