/** Who, where, when, how much, and the name. */

import type { ReactNode } from "react";
import { Link } from "@tanstack/react-router";
import { formatSize } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol/calls";
import { Elapsed } from "../../../parts/instant.tsx";
import { formatAbsoluteWithZone } from "../../../parts/instant-text.ts";
import { countOf } from "../../../parts/stage-text.ts";
import { CopySign } from "../copy-sign.tsx";
import styles from "./detail.module.css";

export function TaskFacts({ task }: { readonly task: Task }) {
  const { startedAt, endedAt, warningCount, errorCount, retryPolicy } = task;
  return (
    <dl className={styles["facts"]}>
      <Fact name="Source">{task.source === "" ? "–" : task.source}</Fact>
      <Fact name="Target">{task.target === "" ? "–" : task.target}</Fact>
      <Fact name="Status">{task.exitStatus ?? task.state}</Fact>
      <Fact name="Found">
        {errorCount + warningCount === 0
          ? "nothing"
          : `${countOf(errorCount, "error")}, ${countOf(warningCount, "warning")}`}
      </Fact>
      <Fact name="User">
        <Link to="/tasks" search={{ user: task.authId }}>
          {task.authId}
        </Link>
      </Fact>
      {task.project !== undefined && (
        <Fact name="Project">
          <Link to="/tasks" search={{ project: task.project }}>
            {task.project}
          </Link>
        </Fact>
      )}
      <Fact name="Datastore">
        <Link to="/tasks" search={{ datastore: task.datastore }}>
          {task.datastore}
        </Link>
        {task.namespace !== "" && `, namespace ${task.namespace}`}
      </Fact>
      <Fact name="Queued">
        <Instant at={task.queuedAt} />
      </Fact>
      <Fact name="Started">{startedAt === undefined ? "–" : <Instant at={startedAt} />}</Fact>
      <Fact name="Ended">{endedAt === undefined ? "–" : <Instant at={endedAt} />}</Fact>
      <Fact name="Duration">{startedAt === undefined ? "–" : <Elapsed from={startedAt} to={endedAt} />}</Fact>
      <Fact name="Bytes">{formatSize(task.bytes)}</Fact>
      <Fact name="Worker">{task.worker ?? `of class ${task.class}`}</Fact>
      <Fact name="Priority">{task.priority}</Fact>
      {(task.tryNumber > 1 || retryPolicy !== undefined) && (
        <Fact name="Try">
          {task.tryNumber}
          {retryPolicy !== undefined &&
            `, at most ${countOf(retryPolicy.countMax, "retry", "retries")} by itself`}
        </Fact>
      )}
      <Fact name="UPID">
        <code className={styles["upid"]}>{task.upid}</code>
        <CopySign text={task.upid} what="the UPID" />
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** With its zone: whoever is sent the link may sit in another one. */
function Instant({ at }: { readonly at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{formatAbsoluteWithZone(at)}</time>;
}
