/** One workload beside the list, under its own address: how it is protected, what it is, whether it can be reached, what ran. */

import { useState } from "react";
import { ActionIcon, Button } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { quoteCommandWords } from "@ironcore-backup/base";
import type { Workload } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Ago } from "../../parts/instant.tsx";
import { TaskStateMark } from "../../parts/mark.tsx";
import { useDocumentTitle } from "../../parts/page-head.tsx";
import { usePlanChange } from "../../parts/plan-change.ts";
import { ProtectionChain, ProtectionMark } from "../../parts/protection-mark.tsx";
import { TaskLink } from "../../parts/task-link.tsx";
import { useMay, useNeeds } from "../../session/needs.tsx";
import { protectionQuery, workloadsQuery } from "../../session/plan-query.ts";
import { AFTER_TASKS, taskListQuery } from "../../session/query.ts";
import { useKeys } from "../../shell/keys.tsx";
import { BackUpNow } from "./back-up-now.tsx";
import { WorkloadDialog } from "./workload-dialog.tsx";
import styles from "../../parts/list-and-panel.module.css";

const TASK_SHOWN_MAX = 8;

export function WorkloadPanel() {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const { workload: name = "" } = useParams({ strict: false });
  const { data, error, refetch } = useQuery(workloadsQuery(client));
  const workload = data?.find((one) => one.name === name);
  const close = (): void => void navigate({ to: "/workloads", search: true });
  useDocumentTitle(name);
  useKeys([{ keys: "Escape", does: "Close the workload", run: close }]);
  if (workload === undefined) {
    return (
      <section className={styles["panel"]} aria-label="Workload">
        <div className={styles["missing"]}>
          {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
          {error === null && (
            <p role="status">{data === undefined ? `Opening ${name} …` : `There is no workload ${name}`}</p>
          )}
          {data !== undefined && <Link to="/workloads">All workloads</Link>}
        </div>
      </section>
    );
  }
  return (
    <section className={styles["panel"]} aria-label={`Workload ${name}`}>
      <Head workload={workload} onClose={close} />
      <ProtectionPart key={`protection ${name}`} workload={workload} />
      <ReachPart key={`reach ${name}`} workload={workload} />
      <TaskPart key={`tasks ${name}`} workload={workload} />
      <FactPart key={`facts ${name}`} workload={workload} />
    </section>
  );
}

function Head({ workload, onClose }: { readonly workload: Workload; readonly onClose: () => void }) {
  const { client } = useNeeds();
  const { data } = useQuery(protectionQuery(client));
  const { name, project, tags = [], comment } = workload;
  const state = data?.workloads.find((one) => one.workload === name)?.state;
  return (
    <header className={styles["head"]}>
      <div className={styles["headLine"]}>
        <h2 className={styles["title"]}>{name}</h2>
        {state !== undefined && <ProtectionMark state={state} />}
        <span className={styles["spring"]} />
        <BackUpNow workload={workload} />
        <WorkloadActions workload={workload} />
        <ActionIcon variant="subtle" color="gray" aria-label="Close the workload" onClick={onClose}>
          <Icon name="close" />
        </ActionIcon>
      </div>
      {comment !== undefined && <p className="quiet">{comment}</p>}
      {(project !== undefined || tags.length > 0) && (
        <p className="quiet">
          {[...(project === undefined ? [] : [`project ${project}`]), ...tags].join(" · ")}
        </p>
      )}
    </header>
  );
}

function WorkloadActions({ workload }: { readonly workload: Workload }) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const may = useMay("job.manage", workload);
  const mayName = useMay("host.use");
  const [isEditing, setEditing] = useState(false);
  const remove = usePlanChange({
    run: () => client.call("removeWorkload", { params: { workload: workload.name } }),
    failed: "The workload was not removed",
    onDone: () => navigate({ to: "/workloads", search: true }),
  });
  if (!may) return null;
  const ask = (): void =>
    void modals.openConfirmModal({
      title: `Remove the workload ${workload.name}?`,
      children: "No job backs it up any more. Its snapshots stay.",
      labels: { confirm: "Remove", cancel: "Keep it" },
      confirmProps: { color: "red" },
      onConfirm: () => remove.mutate(),
    });
  return (
    <>
      {mayName && (
        <Button
          variant="default"
          leftSection={<Icon name="pencil" size={14} />}
          onClick={() => setEditing(true)}
        >
          Edit
        </Button>
      )}
      <ActionIcon variant="subtle" color="gray" aria-label="Remove the workload" onClick={ask}>
        <Icon name="trash" />
      </ActionIcon>
      {isEditing && <WorkloadDialog workload={workload} onClose={() => setEditing(false)} />}
    </>
  );
}

function ProtectionPart({ workload: { name } }: { readonly workload: Workload }) {
  const { client } = useNeeds();
  const { data } = useQuery(protectionQuery(client));
  const protection = data?.workloads.find((one) => one.workload === name);
  if (protection === undefined) return null;
  const { weakestLink } = protection;
  return (
    <section className={styles["part"]} aria-label="Protection">
      <div className={styles["partHead"]}>
        <h3>Protection</h3>
        {protection.links.length <= 1 && <Link to="/jobs">Make a job for it</Link>}
      </div>
      <ProtectionChain protection={protection} />
      {weakestLink !== undefined && <p className="quiet">Weakest link: {weakestLink.message}.</p>}
    </section>
  );
}

function ReachPart({ workload }: { readonly workload: Workload }) {
  const { client } = useNeeds();
  const may = useMay("job.run", workload);
  const check = useMutation({
    mutationFn: () => client.call("checkWorkload", { params: { workload: workload.name } }),
  });
  if (!may) return null;
  return (
    <section className={styles["part"]} aria-label="Reachability">
      <div className={styles["partHead"]}>
        <h3>Can it be reached?</h3>
        <Button variant="default" size="xs" loading={check.isPending} onClick={() => check.mutate()}>
          Check now
        </Button>
      </div>
      {check.error !== null && <ErrorCard error={check.error} />}
      <ul className={styles["items"]} role="status">
        {check.data?.parts.map(({ subject, isReachable, message }) => (
          <li key={subject} className={styles["item"]} data-outcome={isReachable ? "ok" : "failed"}>
            <Icon name={isReachable ? "ok" : "failed"} size={14} />
            <code>{subject}</code>
            <span className={styles["grow"]}>{message}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function TaskPart({ workload: { name } }: { readonly workload: Workload }) {
  const { client } = useNeeds();
  const query = { workload: name, limit: TASK_SHOWN_MAX };
  const { data } = useQuery({ ...taskListQuery(client, query), meta: AFTER_TASKS });
  return (
    <section className={styles["part"]} aria-label="Tasks">
      <div className={styles["partHead"]}>
        <h3>What ran</h3>
        <Link to="/tasks" search={{ workload: name }}>
          All its tasks
        </Link>
      </div>
      {data?.tasks.length === 0 && <p className="quiet">Nothing yet.</p>}
      <ul className={styles["items"]}>
        {data?.tasks.map((task) => (
          <li key={task.upid} className={styles["item"]}>
            <TaskStateMark task={task} />
            <span className={styles["grow"]}>
              <TaskLink task={task} />
            </span>
            <Ago at={task.endedAt ?? task.queuedAt} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const KIND_WORDS = { files: "Directories", image: "Disk images", command: "Command output" } as const;

function FactPart({ workload }: { readonly workload: Workload }) {
  const { kind, paths = [], optionalPaths = [], excludes = [], commands = [], jobs } = workload;
  const facts: readonly (readonly [string, string])[] = [
    ["Kind", KIND_WORDS[kind]],
    [
      "Reads",
      paths.map((path) => (optionalPaths.includes(path) ? `${path} (may be absent)` : path)).join("\n"),
    ],
    ["Keeps", commands.map(({ archive, argv }) => `${archive}: ${quoteCommandWords(argv)}`).join("\n")],
    ["Leaves out", excludes.join("\n")],
    ["File systems", workload.oneFileSystem === true ? "only those of the directories themselves" : ""],
    ["Before", workload.preCommand === undefined ? "" : quoteCommandWords(workload.preCommand.argv)],
    ["After", workload.postCommand === undefined ? "" : quoteCommandWords(workload.postCommand.argv)],
    ["Encrypted with", workload.keyFile ?? ""],
  ];
  return (
    <section className={styles["part"]} aria-label="Definition">
      <div className={styles["partHead"]}>
        <h3>Definition</h3>
      </div>
      <dl className={styles["facts"]}>
        {facts
          .filter(([, text]) => text !== "")
          .map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        <div>
          <dt>Jobs</dt>
          <dd>
            {jobs.length === 0 && "none"}
            {jobs.map((job, at) => (
              <span key={job}>
                {at > 0 && ", "}
                <Link to="/jobs/$job" params={{ job }}>
                  {job}
                </Link>
              </span>
            ))}
          </dd>
        </div>
      </dl>
    </section>
  );
}
