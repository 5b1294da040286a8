/** What is done for the datastore itself: verification, prune, garbage collection. What each came to last, what runs, and doing it now. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Datastore, Privilege, Task } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import type { IconName } from "../../look/icon.tsx";
import { useDatastoreChange } from "../../parts/datastore-change.ts";
import { Ago } from "../../parts/instant.tsx";
import { StageBar } from "../../parts/stage-progress.tsx";
import { currentStage } from "../../parts/stage-text.ts";
import { AFTER_TASKS, taskListQuery } from "../../session/query.ts";
import { useLive, useMay, useNeeds } from "../../session/needs.tsx";
import { careOutcome } from "./care-text.ts";
import styles from "./datastores.module.css";

interface Care {
  readonly type: "verify" | "prune" | "gc";
  readonly title: string;
  /** What it does, in one sentence. */
  readonly does: string;
  readonly button: string;
  readonly icon: IconName;
  readonly privilege: Privilege;
}

const CARES: readonly Care[] = [
  {
    type: "verify",
    title: "Verification",
    does: "Reads every chunk of every snapshot again and compares.",
    button: "Verify all",
    icon: "check",
    privilege: "verify.start",
  },
  {
    type: "prune",
    title: "Prune",
    does: "Removes the snapshots that the retention does not keep.",
    button: "Prune",
    icon: "prune",
    privilege: "prune.start",
  },
  {
    type: "gc",
    title: "Garbage collection",
    does: "Frees the space of chunks that no snapshot needs any more.",
    button: "Collect garbage",
    icon: "recycle",
    privilege: "gc.start",
  },
];

export function CarePart({ datastore }: { readonly datastore: Datastore }) {
  return (
    <section className={styles["part"]} aria-label="Care">
      <div className={styles["partHead"]}>
        <h3>Care</h3>
      </div>
      <ul className={styles["cares"]}>
        {CARES.map((care) => (
          <CareRow key={care.type} care={care} datastore={datastore} />
        ))}
      </ul>
    </section>
  );
}

function CareRow({
  care,
  datastore: { name, status },
}: {
  readonly care: Care;
  readonly datastore: Datastore;
}) {
  const { type, title, does } = care;
  const { client } = useNeeds();
  const query = { type, datastore: name, limit: 1 } as const;
  const { data } = useQuery({ ...taskListQuery(client, query), meta: AFTER_TASKS });
  const active = useLive(({ tasks }) =>
    [...(tasks?.values() ?? [])].find((task) => task.type === type && task.datastore === name),
  );
  return (
    <li className={styles["care"]} aria-label={title}>
      <div>
        <strong>{title}</strong>
        <p className="quiet">{does}</p>
        <Last task={active ?? data?.tasks[0]} />
      </div>
      {active === undefined && status !== "offline" && status !== "maintenance" && (
        <StartButton care={care} datastore={name} />
      )}
    </li>
  );
}

function Last({ task }: { readonly task: Task | undefined }) {
  if (task === undefined) return <p>Never yet.</p>;
  const stage = currentStage(task);
  if (task.endedAt === undefined) {
    return (
      <>
        <p>
          <Link to="/tasks/$upid" params={{ upid: task.upid }}>
            {task.state === "queued" ? "Waits for its turn" : "Runs"}
          </Link>
        </p>
        {stage !== undefined && <StageBar stage={stage} />}
      </>
    );
  }
  return (
    <p className={task.state === "ok" ? "" : (styles["concern"] ?? "")}>
      <Link to="/tasks/$upid" params={{ upid: task.upid }}>
        <Ago at={task.endedAt} />
      </Link>
      : {careOutcome(task)}
    </p>
  );
}

/** A prune is looked at before it is done. */
function StartButton({ care, datastore }: { readonly care: Care; readonly datastore: string }) {
  const { client } = useNeeds();
  const may = useMay(care.privilege, { datastore });
  const body = { datastore };
  const start = useDatastoreChange({
    datastore,
    run: () => (care.type === "gc" ? client.call("startGc", { body }) : client.call("startVerify", { body })),
    failed: `${care.title} was not started`,
  });
  if (!may) return null;
  if (care.type === "prune") {
    return (
      <Link to="/prune-simulator" search={{ datastore }}>
        Look, then prune
      </Link>
    );
  }
  return (
    <Button
      variant="default"
      leftSection={<Icon name={care.icon} size={14} />}
      loading={start.isPending}
      onClick={() => start.mutate()}
    >
      {care.button}
    </Button>
  );
}
