/** Every job: what it does, when it runs next, how it ended last; beside the list the one that is looked at. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import type { Job } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Ago } from "../../parts/instant.tsx";
import { PageHead } from "../../parts/page-head.tsx";
import { useRowWalk } from "../../parts/row-walk.ts";
import { RunMark } from "../../parts/run-mark.tsx";
import { useNeeds, useWhoami } from "../../session/needs.tsx";
import { jobsQuery } from "../../session/plan-query.ts";
import { isAllowedSomewhere } from "../../session/privilege.ts";
import { JobEditor } from "./job-editor.tsx";
import { JOB_TYPE_WORDS, subjectWords } from "./job-text.ts";
import styles from "../../parts/list-and-panel.module.css";

export function JobsPage() {
  const { client } = useNeeds();
  const { job: open } = useParams({ strict: false });
  const { data, error, refetch } = useQuery(jobsQuery(client));
  const whoami = useWhoami();
  const mayCreate = whoami !== undefined && isAllowedSomewhere(whoami, "job.manage");
  const [isCreating, setCreating] = useState(false);
  const walk = useRowWalk<HTMLUListElement>(open);
  const isOpen = open !== undefined;
  return (
    <>
      <div className={styles["pageHead"]} data-open={isOpen}>
        <PageHead
          title="Jobs"
          aside={
            mayCreate && (
              <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
                New job
              </Button>
            )
          }
        />
      </div>
      <div className={styles["page"]} data-open={isOpen}>
        <section className={styles["list"]} aria-label="Jobs">
          {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
          {data?.length === 0 && (
            <EmptyState command="ironcore-backup job create nightly --type backup --workload web --datastore main --schedule 02:00">
              Nothing recurs yet. A job says what is done, to what, and when:
            </EmptyState>
          )}
          <ul ref={walk.ref} onKeyDown={walk.onKeyDown}>
            {data?.map((job) => (
              <li key={job.name}>
                <Row job={job} isOpen={job.name === open} />
              </li>
            ))}
          </ul>
        </section>
        <Outlet />
      </div>
      {isCreating && <JobEditor onClose={() => setCreating(false)} />}
    </>
  );
}

function Row({ job, isOpen }: { readonly job: Job; readonly isOpen: boolean }) {
  const { name, type, enabled, schedule, scheduleText, currentRun, lastRun, nextRuns, comment, owner } = job;
  const [next] = nextRuns;
  const run = currentRun ?? lastRun;
  return (
    <Link
      to="/jobs/$job"
      params={{ job: name }}
      className={styles["row"]}
      data-walk={name}
      data-quiet={!enabled}
      aria-current={isOpen ? "true" : undefined}
      replace={isOpen}
    >
      <span className={styles["cell"]}>
        <span className={styles["nameLine"]}>
          <strong>{name}</strong>
          {!enabled && <span className="quiet">disabled</span>}
        </span>
        <span className="quiet">{[JOB_TYPE_WORDS[type], comment].filter(Boolean).join(" · ")}</span>
      </span>
      <span className={styles["cell"]}>
        <span title={subjectWords(job)}>{subjectWords(job)}</span>
        <span className="quiet" title={schedule}>
          {scheduleText ?? "by hand"}
        </span>
      </span>
      <span className={styles["cell"]}>
        <span>{run === undefined ? "never ran" : <RunMark run={run} />}</span>
        <span className="quiet">{run !== undefined && <Ago at={run.endedAt ?? run.dueAt} />}</span>
      </span>
      <span className={styles["cell"]}>
        <span>{next === undefined ? "no next run" : <Ago at={next} />}</span>
        <span className="quiet">{next === undefined ? owner : `next run · ${owner}`}</span>
      </span>
    </Link>
  );
}
