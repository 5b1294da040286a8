/** Each worker with its health, its slots and what runs in them now. */

import { TASK_CLASSES } from "@ironcore-backup/protocol/calls";
import type { Worker } from "@ironcore-backup/protocol/calls";
import { formatSize } from "@ironcore-backup/base";
import { EmptyState } from "../../parts/empty-state.tsx";
import { Ago, Elapsed } from "../../parts/instant.tsx";
import { WorkerStateMark } from "../../parts/mark.tsx";
import { Panel } from "../../parts/panel.tsx";
import { StageBar, StageWords } from "../../parts/stage-progress.tsx";
import { countOf, currentStage } from "../../parts/stage-text.ts";
import { CancelButton } from "../../parts/task-action.tsx";
import { UpidLink } from "../../parts/task-link.tsx";
import { useLive } from "../../session/needs.tsx";
import { WorkerSwitch } from "./worker-switch.tsx";
import row from "../../parts/row.module.css";
import styles from "./workers.module.css";

const CLASS_WORDS: Readonly<Record<Worker["class"], string>> = {
  worker: "backup, restore, tape, drill",
  verifier: "verify",
  gc: "garbage collection, prune",
  sync: "sync",
};

export function WorkerList() {
  const workers = useLive((state) => state.workers);
  if (workers === undefined) return <Panel title="Workers">{null}</Panel>;
  const list = [...workers.values()].sort(compareWorkers);
  const used = list.reduce((sum, { usedSlotCount }) => sum + usedSlotCount, 0);
  const slots = list.reduce((sum, { slotCount }) => sum + slotCount, 0);
  return (
    <Panel title="Workers" aside={`${used} of ${countOf(slots, "slot")} used`} flush>
      {list.length === 0 && (
        <EmptyState command="ironcore-backup status --services">
          No worker is known, so nothing can run. The services say why:
        </EmptyState>
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
        <span>{CLASS_WORDS[worker.class]}</span>
        {processCount > 0 && (
          <span>
            {countOf(processCount, "process", "processes")}, {formatSize(rssBytes)} of memory
          </span>
        )}
        <span>
          up <Elapsed from={startedAt} />
        </span>
        {state === "lost" && (
          <span>
            last heard <Ago at={heardAt} />
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
    <span className={styles["slots"]} title="Slots used">
      <span className={styles["boxes"]} aria-hidden="true">
        {Array.from({ length: shown }, (_, at) => (
          <span key={at} data-used={at < usedSlotCount} />
        ))}
      </span>
      {usedSlotCount} of {countOf(slotCount, "slot")}
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
