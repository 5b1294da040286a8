/** One job beside the list, under its own address: running it, its runs and what came of them, how it is set up. */

import { useState } from "react";
import { ActionIcon, Button, Switch } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import type { Job } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Ago, When } from "../../parts/instant.tsx";
import { useDocumentTitle } from "../../parts/page-head.tsx";
import { usePlanChange } from "../../parts/plan-change.ts";
import { RunNowButton } from "../../parts/run-now-button.tsx";
import { useMay, useNeeds } from "../../session/needs.tsx";
import { jobsQuery } from "../../session/plan-query.ts";
import { useKeys } from "../../shell/keys.tsx";
import { JobEditor } from "./job-editor.tsx";
import { factsOf, JOB_TYPE_WORDS, subjectWords } from "./job-text.ts";
import { RunList } from "./run-list.tsx";
import styles from "../../parts/list-and-panel.module.css";

export function JobPanel() {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const { job: name = "" } = useParams({ strict: false });
  const { data, error, refetch } = useQuery(jobsQuery(client));
  const job = data?.find((one) => one.name === name);
  const close = (): void => void navigate({ to: "/jobs" });
  useDocumentTitle(name);
  useKeys([{ keys: "Escape", does: "Close the job", run: close }]);
  if (job === undefined) {
    return (
      <section className={styles["panel"]} aria-label="Job">
        <div className={styles["missing"]}>
          {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
          {error === null && (
            <p role="status">{data === undefined ? `Opening ${name} …` : `There is no job ${name}`}</p>
          )}
          {data !== undefined && <Link to="/jobs">All jobs</Link>}
        </div>
      </section>
    );
  }
  return (
    <section className={styles["panel"]} aria-label={`Job ${name}`}>
      <Head job={job} onClose={close} />
      <SchedulePart job={job} />
      <RunList key={`runs ${name}`} job={name} />
      <FactPart job={job} />
    </section>
  );
}

function Head({ job, onClose }: { readonly job: Job; readonly onClose: () => void }) {
  const { name, type, comment } = job;
  return (
    <header className={styles["head"]}>
      <div className={styles["headLine"]}>
        <h2 className={styles["title"]}>{name}</h2>
        <span className={styles["spring"]} />
        <JobActions job={job} />
        <ActionIcon variant="subtle" color="gray" aria-label="Close the job" onClick={onClose}>
          <Icon name="close" />
        </ActionIcon>
      </div>
      <p>
        {JOB_TYPE_WORDS[type]}: {subjectWords(job)}
      </p>
      {comment !== undefined && <p className="quiet">{comment}</p>}
    </header>
  );
}

function JobActions({ job }: { readonly job: Job }) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const mayManage = useMay("job.manage", job);
  const [isEditing, setEditing] = useState(false);
  const remove = usePlanChange({
    run: () => client.call("removeJob", { params: { job: job.name } }),
    failed: "The job was not removed",
    onDone: () => navigate({ to: "/jobs" }),
  });
  const ask = (): void =>
    void modals.openConfirmModal({
      title: `Remove the job ${job.name}?`,
      children: "It does not run any more. Its snapshots and the history of its runs stay.",
      labels: { confirm: "Remove", cancel: "Keep it" },
      confirmProps: { color: "red" },
      onConfirm: () => remove.mutate(),
    });
  return (
    <>
      <RunNowButton job={job} />
      {mayManage && (
        <>
          <Button
            variant="default"
            leftSection={<Icon name="pencil" size={14} />}
            onClick={() => setEditing(true)}
          >
            Edit
          </Button>
          <ActionIcon variant="subtle" color="gray" aria-label="Remove the job" onClick={ask}>
            <Icon name="trash" />
          </ActionIcon>
        </>
      )}
      {isEditing && <JobEditor job={job} onClose={() => setEditing(false)} />}
    </>
  );
}

function SchedulePart({ job }: { readonly job: Job }) {
  const { client } = useNeeds();
  const may = useMay("job.manage", job);
  const change = usePlanChange({
    run: (enabled: boolean) => client.call("updateJob", { params: { job: job.name }, body: { enabled } }),
    failed: "The job was not changed",
  });
  const { schedule, scheduleText, enabled, nextRuns } = job;
  return (
    <section className={styles["part"]} aria-label="Schedule">
      <div className={styles["partHead"]}>
        <h3>Schedule</h3>
        <Switch
          label="Runs by its schedule"
          checked={enabled}
          disabled={!may || change.isPending}
          onChange={(event) => change.mutate(event.currentTarget.checked)}
        />
      </div>
      {schedule === undefined ? (
        <p>Runs by hand only.</p>
      ) : (
        <p>
          <code>{schedule}</code> <span className="quiet">{scheduleText}</span>
        </p>
      )}
      {nextRuns.length > 0 && (
        <ul className={styles["items"]} aria-label="Next runs">
          {nextRuns.map((at) => (
            <li key={at} className={styles["item"]}>
              <When at={at} />
              <span className="quiet">
                <Ago at={at} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {schedule !== undefined && !enabled && <p className="quiet">Disabled: nothing comes.</p>}
    </section>
  );
}

function FactPart({ job }: { readonly job: Job }) {
  return (
    <section className={styles["part"]} aria-label="Settings">
      <div className={styles["partHead"]}>
        <h3>Settings</h3>
      </div>
      <dl className={styles["facts"]}>
        {factsOf(job).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
